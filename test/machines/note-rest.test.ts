import { describe, expect, it } from 'vitest';
import { restAfterNote } from '../../src/machines/note-rest.ts';

describe('the rest after a note of progress', () => {
  it.each([
    ['a note that cost nothing', 0, 10],
    ['a note of half a millisecond', 0.5, 10],
    ['a note of a millisecond and a half', 1.5, 15],
    ['a disk that is busy', 250, 20],
  ])('%s', (_, tookMs, rest) => {
    expect(restAfterNote(tookMs)).toBe(rest);
  });
});
