import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { farApart, inOrder } from '../../src/machines/next-waiting.ts';
import type { Range } from '../../src/machines/ranges.ts';
import { range } from './contexts.ts';

/** Which of so many ranges are taken, one after the other; those in `busy` are at work from the beginning. */
function takenBy(next: typeof farApart, count: number, busy: readonly number[], times: number): number[] {
  const plan = Array.from({ length: count }, (_, at) => range(`r${at}`, at * 10, at * 10 + 10));
  const working = new Set(busy.map((at) => plan[at]));
  const taken: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const found = next(plan, (one: Range) => !working.has(one));
    if (!found) break;
    working.add(found);
    taken.push(plan.indexOf(found));
  }
  return taken;
}

describe('ranges that wait', () => {
  it('are taken in order', () => {
    expect(takenBy(inOrder, 5, [1, 3], 9)).toEqual([0, 2, 4]);
  });

  it('are taken far apart, so that as many wait behind each', () => {
    expect(takenBy(farApart, 32, [0], 7)).toEqual([16, 8, 24, 4, 12, 20, 28]);
  });

  it('are taken from the longest row, the first of several', () => {
    expect(takenBy(farApart, 9, [0, 2, 6], 3)).toEqual([4, 8, 1]);
    expect(takenBy(farApart, 3, [1], 2)).toEqual([0, 2]);
  });

  it('are all taken, each once, in any order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.array(fc.nat(39)), (count, busy) => {
        const waiting = Array.from({ length: count }, (_, at) => at).filter((at) => !busy.includes(at));
        expect(takenBy(farApart, count, busy, 99).toSorted((a, b) => a - b)).toEqual(waiting);
      }),
    );
  });

  it('are none where none waits', () => {
    expect(farApart([], () => true)).toBeUndefined();
    expect(inOrder([range('r0', 0, 10)], () => false)).toBeUndefined();
  });
});
