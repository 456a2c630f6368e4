import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  absorb,
  advance,
  advanceAll,
  findRange,
  finish,
  firstMissing,
  forget,
  isComplete,
  isWhole,
  joinComplete,
  markDurable,
  missingBytes,
  nextId,
  overlapsOf,
  type Plan,
  planWhole,
  type Range,
  rewind,
  seamsOf,
  split,
  writtenBytes,
  writtenSpans,
} from '../../src/machines/ranges.ts';
import { completeAll, expectSound, sizes, steps, walkPlan } from './plan-model.ts';

const range = (id: string, start: number, end: number | null, written = start, durable = start): Range => ({
  id,
  start,
  end,
  written,
  durable,
});

describe('a plan, whatever is done to it', () => {
  it('covers the file exactly once, in order, with start <= durable <= written <= end', () => {
    fc.assert(
      fc.property(sizes, steps, (size, walk) => {
        walkPlan(size, walk, (plan) => expectSound(plan, size));
      }),
      { numRuns: 500 },
    );
  });

  it('is whole when and only when nothing is missing', () => {
    fc.assert(
      fc.property(sizes, steps, (size, walk) => {
        const plan = walkPlan(size, walk);
        expect(isWhole(plan, size)).toBe(writtenBytes(plan) === size);
        expect(isWhole(plan, size)).toBe(firstMissing(plan) === null);
        expect(isWhole(completeAll(plan), size)).toBe(true);
        expect(isWhole(completeAll(plan), size + 1)).toBe(false);
      }),
    );
  });

  it('counts the same bytes before and after joining', () => {
    fc.assert(
      fc.property(sizes, steps, (size, walk) => {
        const plan = walkPlan(size, walk);
        const joined = joinComplete(plan);
        expect(writtenBytes(joined)).toBe(writtenBytes(plan));
        expect(firstMissing(joined)).toBe(firstMissing(plan));
        for (const [index, later] of joined.slice(1).entries()) {
          expect(isComplete(later) && joined[index] !== undefined && isComplete(joined[index])).toBe(false);
        }
      }),
    );
  });

  it('never calls a byte durable by joining that was not', () => {
    fc.assert(
      fc.property(sizes, steps, (size, walk) => {
        const plan = walkPlan(size, walk);
        const durableIn = (each: Plan, offset: number) =>
          each.some((one) => one.start <= offset && offset < one.durable);
        const joined = joinComplete(plan);
        for (const { start, durable } of joined) {
          for (const offset of [start, durable - 1, ...plan.map((one) => one.start)]) {
            if (durableIn(joined, offset)) expect(durableIn(plan, offset)).toBe(true);
          }
        }
      }),
    );
  });

  it('names samples that are written, at most three, at most 16 KiB each', () => {
    fc.assert(
      fc.property(sizes, steps, (size, walk) => {
        const plan = walkPlan(size, walk);
        const overlaps = overlapsOf(plan);
        expect(overlaps.length).toBeLessThanOrEqual(3);
        expect(overlaps.length > 0).toBe(writtenBytes(plan) > 0);
        for (const { start, end } of overlaps) {
          expect(end - start).toBeGreaterThan(0);
          expect(end - start).toBeLessThanOrEqual(16_384);
          expect(plan.some((one) => one.start <= start && end <= one.written)).toBe(true);
        }
      }),
    );
  });
});

describe('forget', () => {
  const spans = fc.array(fc.tuple(fc.nat(2_000), fc.integer({ min: 1, max: 500 })), { maxLength: 5 });

  it('leaves a sound plan in which these bytes are missing, and all others as they were', () => {
    fc.assert(
      fc.property(sizes, steps, spans, (size, walk, pairs) => {
        const plan = walkPlan(size, walk);
        const gone = pairs.map(([start, length]) => ({ start, end: start + length }));
        const left = forget(plan, gone);
        expectSound(left, size);
        const isThere = (each: Plan, at: number) => each.some(({ start, written }) => start <= at && at < written);
        const isDurable = (each: Plan, at: number) => each.some(({ start, durable }) => start <= at && at < durable);
        const edges = [...plan, ...gone].flatMap(({ start, end }) => [start - 1, start, (end ?? 0) - 1, end ?? 0]);
        for (const at of [...edges, ...plan.map(({ written }) => written - 1)]) {
          const isGone = gone.some(({ start, end }) => start <= at && at < end);
          expect(isThere(left, at), `byte ${at}`).toBe(isThere(plan, at) && !isGone);
          expect(isDurable(left, at), `byte ${at}`).toBe(isDurable(plan, at) && !isGone);
        }
      }),
    );
  });
});

describe('planWhole', () => {
  it('makes one range, or none of an empty file', () => {
    expect(planWhole(0)).toEqual([]);
    expect(planWhole(10)).toEqual([range('segment-0', 0, 10)]);
    expect(planWhole(null)).toEqual([range('segment-0', 0, null)]);
    expect(isWhole([], 0)).toBe(true);
    expect(isWhole([], 1)).toBe(false);
  });
});

describe('an unknown end', () => {
  const plan = planWhole(null);
  it('is never reached, until it is known', () => {
    const later = advance(plan, 'segment-0', 700);
    expect(later).toEqual([range('segment-0', 0, null, 700)]);
    expect(isWhole(later, 700)).toBe(false);
    expect(missingBytes(range('a', 0, null))).toBeNull();
    expect(firstMissing(later)).toBe(700);
    expect(isWhole(finish(later, 'segment-0', 700), 700)).toBe(true);
  });

  it('cannot be split', () => {
    expect(() => split(plan, 'segment-0', 5, 'segment-1')).toThrow(RangeError);
  });
});

describe('advance', () => {
  const plan = [range('segment-0', 0, 50, 20, 10), range('segment-1', 50, 100)];
  it.each([
    ['forward', 30, 30],
    ['not back', 10, 20],
    ['not past the end', 80, 50],
  ])('goes %s', (_, to, written) => {
    expect(advance(plan, 'segment-0', to)[0]).toEqual(range('segment-0', 0, 50, written, 10));
    expect(advance(plan, 'segment-0', to)[1]).toEqual(plan[1]);
  });

  it('leaves the plan alone when there is no such range', () => {
    expect(advance(plan, 'segment-9', 30)).toEqual(plan);
  });
});

describe('advanceAll', () => {
  const plan = [range('segment-0', 0, 50, 20), range('segment-1', 50, 90, 60), range('segment-2', 90, 100, 90)];

  it('advances each range of which something is known, by the rules of one', () => {
    const written = new Map([
      ['segment-0', 30],
      ['segment-1', 999],
      ['segment-9', 5],
    ]);
    expect(advanceAll(plan, (id) => written.get(id))).toEqual(
      advance(advance(plan, 'segment-0', 30), 'segment-1', 999),
    );
  });
});

describe('rewind', () => {
  it('forgets what was written, the durable part too', () => {
    expect(rewind([range('segment-0', 5, 50, 20, 10)], 'segment-0')).toEqual([range('segment-0', 5, 50)]);
  });
});

describe('markDurable', () => {
  it('takes what was written at the sync, not what was written since', () => {
    const synced = [range('segment-0', 0, 50, 20)];
    expect(markDurable(advance(synced, 'segment-0', 40), synced)).toEqual([range('segment-0', 0, 50, 40, 20)]);
  });

  it('does not go back, nor beyond what is written after a rewind', () => {
    const plan = [range('segment-0', 0, 50, 30, 30)];
    expect(markDurable(plan, [range('segment-0', 0, 50, 10)])).toEqual(plan);
    expect(markDurable(rewind(plan, 'segment-0'), plan)).toEqual([range('segment-0', 0, 50)]);
  });

  it('says nothing of a range that was made since', () => {
    const plan = split([range('segment-0', 0, 50, 20)], 'segment-0', 30, 'segment-1');
    const grown = advance(plan, 'segment-1', 45);
    expect(findRange(markDurable(grown, [range('segment-0', 0, 50, 20)]), 'segment-1')?.durable).toBe(30);
  });
});

describe('split', () => {
  const plan = [range('segment-0', 0, 50, 20, 10), range('segment-1', 50, 100)];
  it('puts the new range right behind', () => {
    expect(split(plan, 'segment-0', 30, 'segment-2')).toEqual([
      range('segment-0', 0, 30, 20, 10),
      range('segment-2', 30, 50),
      range('segment-1', 50, 100),
    ]);
  });

  it.each([0, 20, 50, 60])('refuses to cut at %i, which is written or outside', (at) => {
    expect(() => split(plan, 'segment-0', at, 'segment-2')).toThrow(/cannot split segment-0/);
  });

  it('names what no range is called', () => {
    expect(nextId([])).toBe('segment-0');
    expect(nextId(plan)).toBe('segment-2');
    expect(nextId([range('segment-7', 0, 1), range('segment-3', 1, 2)])).toBe('segment-8');
  });
});

describe('the small print of a plan', () => {
  const range = (id: number, start: number, end: number | null, written: number, durable = start) => ({
    id: `segment-${id}`,
    start,
    end,
    written,
    durable,
  });

  it('is not whole with a gap, or with bytes twice', () => {
    expect(isWhole([range(0, 0, 10, 10), range(1, 20, 30, 30)], 30)).toBe(false);
    expect(isWhole([range(0, 0, 20, 20), range(1, 10, 30, 30)], 30)).toBe(false);
  });

  it('joins what is complete, and believes only what was synced without a gap', () => {
    expect(joinComplete([range(0, 0, 10, 10, 10), range(1, 10, 20, 20, 15)])).toEqual([range(0, 0, 20, 20, 15)]);
    expect(joinComplete([range(0, 0, 10, 10, 5), range(1, 10, 20, 20, 20)])).toEqual([range(0, 0, 20, 20, 5)]);
    const apart = [range(0, 0, 10, 9), range(1, 10, 20, 20), range(2, 20, 30, 20)];
    expect(joinComplete(apart)).toEqual(apart);
  });

  it('cannot be split where the end is not known', () => {
    expect(() => split([range(0, 0, null, 0)], 'segment-0', 5, 'segment-1')).toThrow(RangeError);
  });

  it('is compared with the server at its first, middle and last piece', () => {
    const plan = [0, 1, 2, 3, 4].map((id) => range(id, id * 10, id * 10 + 10, id * 10 + 5));
    expect(overlapsOf(plan)).toEqual([
      { start: 0, end: 5 },
      { start: 20, end: 25 },
      { start: 40, end: 45 },
    ]);
  });

  it('is compared on both sides of all places where answers meet', () => {
    const plan = [range(0, 0, 10_000, 10_000), range(1, 10_000, 30_000, 30_000)];
    expect(seamsOf(plan, [])).toEqual([
      { start: 0, end: 1_024 },
      { start: 10_000 - 1_024, end: 10_000 + 1_024 },
    ]);
    // Those that touch are asked for together, and nothing beyond the end.
    expect(seamsOf(plan, [29_000, 27_000, 10_000])).toEqual([
      { start: 0, end: 1_024 },
      { start: 10_000 - 1_024, end: 10_000 + 1_024 },
      { start: 27_000 - 1_024, end: 30_000 },
    ]);
    expect(seamsOf([], [])).toEqual([]);
  });

  it('gives a range what its neighbours have not begun with', () => {
    const plan = [range(0, 0, 10, 5), range(1, 10, 20, 10), range(2, 20, 30, 20), range(3, 30, 40, 35)];
    expect(absorb(plan, 'segment-0', ['segment-1', 'segment-2'])).toEqual([range(0, 0, 30, 5), plan[3]]);
    expect(absorb(plan, 'segment-0', [])).toEqual(plan);
  });
});

describe('writtenSpans', () => {
  it('are what is there, side by side as one', () => {
    const plan = [range('a', 0, 10, 10), range('b', 10, 20, 15), range('c', 20, 30), range('d', 30, 40, 31)];
    expect(writtenSpans(plan)).toEqual([
      { start: 0, end: 15 },
      { start: 30, end: 31 },
    ]);
  });

  it('are none of what has not been begun', () => {
    expect(writtenSpans([])).toEqual([]);
    expect(writtenSpans([range('a', 0, 10)])).toEqual([]);
  });
});
