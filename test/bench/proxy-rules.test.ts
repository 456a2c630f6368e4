import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ruleDealer } from '../../bench/proxy-rules.ts';
import { seededRandom } from '../../bench/seeded.ts';

const deal = (rules: Parameters<typeof ruleDealer>[0], count: number) => {
  const next = ruleDealer(rules);
  return Array.from({ length: count }, next);
};

describe('ruleDealer', () => {
  test('without rules nothing is done to a connection', () => {
    expect(deal({}, 1)).toEqual([{ rate: null, stallAfter: null, latency: 0 }]);
  });

  test('one in each group is slow, whatever the seed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), (seed, slowOneIn) => {
        const rates = deal({ slowOneIn, slowRate: 1, rate: 8, seed }, slowOneIn * 6).map(({ rate }) => rate);
        for (let at = 0; at < rates.length; at += slowOneIn) {
          expect(rates.slice(at, at + slowOneIn).filter((rate) => rate === 1)).toHaveLength(1);
        }
        expect(rates.every((rate) => rate === 1 || rate === 8)).toBe(true);
      }),
    );
  });

  test('the same seed deals the same, another one otherwise', () => {
    const rules = { slowOneIn: 5, slowRate: 1, rate: 8 };
    expect(deal({ ...rules, seed: 3 }, 40)).toEqual(deal({ ...rules, seed: 3 }, 40));
    expect(deal({ ...rules, seed: 3 }, 40)).not.toEqual(deal({ ...rules, seed: 4 }, 40));
  });

  test('only the connection that was named stalls', () => {
    const stalls = deal({ stallConnection: 2, stallAfter: 100, latency: 7 }, 4);
    expect(stalls.map(({ stallAfter }) => stallAfter)).toEqual([null, null, 100, null]);
    expect(stalls.every(({ latency }) => latency === 7)).toBe(true);
  });
});

describe('seededRandom', () => {
  test('is spread evenly from 0 to 1', () => {
    const random = seededRandom(1);
    const tenths = Array.from({ length: 10_000 }, () => Math.floor(random() * 10));
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const share = tenths.filter((value) => value === tenth).length / tenths.length;
      expect(share).toBeGreaterThan(0.08);
      expect(share).toBeLessThan(0.12);
    }
  });
});
