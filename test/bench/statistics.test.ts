import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { balanced, median, summarize } from '../../bench/statistics.ts';

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

describe('balanced', () => {
  test('a few rounds', () => {
    expect([0, 1, 2, 3].map((round) => balanced(['a', 'b', 'c', 'd'], round).join(''))).toEqual([
      'abdc',
      'bcad',
      'cdba',
      'dacb',
    ]);
    expect([0, 1, 2].map((round) => balanced(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'acb', 'cab']);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'of %i: each comes at each place, and after each other, equally often',
    (count) => {
      const values = Array.from({ length: count }, (_, index) => index);
      const rounds = Array.from({ length: 2 * count }, (_, round) => balanced(values, round));
      const often = (pairs: readonly (readonly [number, number])[]) => {
        const counts = new Map<string, number>();
        for (const pair of pairs) counts.set(String(pair), (counts.get(String(pair)) ?? 0) + 1);
        return [...counts.values()];
      };
      const places = often(rounds.flatMap((order) => order.map((value, place) => [value, place] as const)));
      const neighbours = often(
        rounds.flatMap((order) => order.slice(1).map((value, index) => [order[index] ?? -1, value] as const)),
      );
      expect(places).toEqual(Array.from({ length: count ** 2 }, () => 2));
      expect(neighbours).toEqual(Array.from({ length: count * (count - 1) }, () => 2));
    },
  );

  test('of nothing is nothing', () => {
    expect(balanced([], 5)).toEqual([]);
  });
});
