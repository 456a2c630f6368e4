import { describe, expect, it } from 'vitest';
import { restAfterNote } from '../../src/machines/note-rest.ts';

describe('the rest after a note of progress', () => {
  it.each([
    ['a note that cost nothing', 0, 10],
    ['a note of half a millisecond', 0.5, 10],
    ['a note of a millisecond', 1, 20],
    ['a disk that is busy', 250, 30],
  ])('%s', (_, tookMs, rest) => {
    expect(restAfterNote(tookMs)).toBe(rest);
  });
});
