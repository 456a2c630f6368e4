import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { median, rotated, summarize } from '../../bench/statistics.ts';

describe('median', () => {
  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
    [[10, 9, 100], 10],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  test('of nothing is no number', () => {
    expect(median([])).toBeNaN();
  });

  test('leaves what it is given in order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  test('has as many values below as above, and lies within the spread', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1 }), (values) => {
        const { median: middle, min, max } = summarize(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
        expect(middle).toBeGreaterThanOrEqual(min);
        expect(middle).toBeLessThanOrEqual(max);
      }),
    );
  });
});

describe('rotated', () => {
  test('begins each round at another one', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  test('of nothing is nothing', () => {
    expect(rotated([], 5)).toEqual([]);
  });
});
