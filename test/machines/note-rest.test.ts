import { describe, expect, it } from 'vitest';
import { restAfterNote } from '../../src/machines/note-rest.ts';

describe('the rest after a note of progress', () => {
  it.each([
    ['a note that cost nothing', 0, 10],
    ['a note of half a millisecond', 0.5, 10],
    ['a note of a millisecond and a half', 1.5, 15],
    ['a disk that is busy', 250, 20],
  ])('%s', (_, tookMs, rest) => {
    expect(restAfterNote(tookMs, 0, 1)).toBe(rest);
  });

  it.each([
    ['the first second', 1_000, 10],
    ['two seconds: a hundredth of them', 2_000, 20],
    ['five seconds', 5_000, 50],
    ['hours', 10_000_000, 100],
  ])('after %s', (_, ageMs, rest) => {
    expect(restAfterNote(0, ageMs, 1)).toBe(rest);
    expect(restAfterNote(250, ageMs, 1)).toBe(Math.max(20, rest));
  });

  it('is as short for a few as for one', () => {
    for (const running of [0, 1, 2, 3, 4]) expect(restAfterNote(0, 0, running)).toBe(10);
  });

  it.each([5, 12, 100, 1_000])('lets %i downloads note together as often as four, whatever notes take', (running) => {
    for (const tookMs of [0, 1.5, 250]) {
      const perMs = (count: number) => count / restAfterNote(tookMs, 5_000, count);
      expect(perMs(running)).toBeCloseTo(perMs(4), 10);
    }
  });
});
