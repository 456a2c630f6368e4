import { describe, expect, it } from 'vitest';
import { type Allowance, allowMore, growSlowly, openingAllowance, pushBack } from '../../src/machines/allowance.ts';

/** Refused while so many were being served, out of the 21 that were wanted. */
const refuse = (allowance: Allowance, served: number, now: number, retryAfterMs = 0, wanted = 21) =>
  pushBack(allowance, { served, wanted, now, retryAfterMs });

const after = (answers: number): Allowance => {
  let allowance = openingAllowance;
  for (let count = 0; count < answers; count += 1) allowance = allowMore(allowance);
  return allowance;
};

describe('the allowance', () => {
  it('starts with one, and at least doubles what is open with each round trip of good answers', () => {
    let allowance = openingAllowance;
    let open = 0;
    const rounds = [];
    for (let round = 0; round < 5; round += 1) {
      // Those that are new ask and are answered, once each.
      const asking = allowance.ceiling - open;
      open = allowance.ceiling;
      for (let count = 0; count < asking; count += 1) allowance = allowMore(allowance);
      rounds.push(open);
    }
    expect(rounds).toEqual([1, 3, 7, 15, 31]);
  });

  it.each([
    ['half of what was wanted', 20, 20, 21, 11],
    ['half of what was allowed, where less was', 2, 5, 21, 3],
    ['those that were being served, where they are fewer', 20, 3, 21, 3],
    ['never none', 20, 0, 21, 1],
    ['one of one', 20, 0, 1, 1],
  ])('comes down to %s', (_, answers, served, wanted, ceiling) => {
    expect(refuse(after(answers), served, 1_000, 0, wanted)).toEqual({ ceiling, growAt: 3_000, pace: 2_000 });
  });

  it('takes a volley of refusals for one push-back', () => {
    let allowance = refuse(after(20), 3, 1_000, 0);
    for (let count = 0; count < 16; count += 1) allowance = refuse(allowance, 3, 1_000 + count, 0);
    expect(allowance.pace).toBe(2_000);
    expect(allowance.ceiling).toBe(3);
  });

  it('does not grow with answers after a push-back, but with time', () => {
    const pushed = refuse(after(20), 3, 1_000, 0);
    expect(allowMore(pushed)).toBe(pushed);
    expect(growSlowly(pushed, 2_999)).toBe(pushed);
    const grown = growSlowly(pushed, 3_000);
    expect(grown).toEqual({ ceiling: 4, growAt: 5_000, pace: 2_000 });
    expect(growSlowly(grown, 3_001)).toBe(grown);
  });

  it('leaves the server alone for as long as it asks', () => {
    expect(refuse(after(5), 2, 1_000, 60_000).growAt).toBe(61_000);
  });

  it('grows ever more slowly when it is pushed back again, down to a step a minute', () => {
    let allowance = refuse(after(20), 3, 0, 0);
    const paces = [];
    for (let count = 0; count < 7; count += 1) {
      allowance = growSlowly(allowance, allowance.growAt ?? 0);
      allowance = refuse(allowance, 3, allowance.growAt ?? 0, 0);
      paces.push(allowance.pace);
    }
    expect(paces).toEqual([4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('does not grow by itself before anybody has pushed back', () => {
    expect(growSlowly(openingAllowance, 1e9)).toBe(openingAllowance);
  });
});
