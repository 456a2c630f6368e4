import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isComplete, missingBytes, type Plan, planWhole, type Range } from '../../src/machines/ranges.ts';
import { type Busy, chooseHedges, divide, fillConnections } from '../../src/machines/schedule.ts';
import { expectSound, sizes, steps, walkPlan } from './plan-model.ts';

const range = (id: string, start: number, end: number, written = start): Range => ({
  id,
  start,
  end,
  written,
  durable: start,
});
const busyWith = (speeds: Record<string, number>): Map<string, Busy> =>
  new Map(Object.entries(speeds).map(([id, bytesPerSecond]) => [id, { bytesPerSecond }]));

const situations = fc
  .record({
    size: sizes,
    walk: steps,
    free: fc.integer({ min: -3, max: 64 }),
    minSplit: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 16_384, max: 10_000_000 })),
    speeds: fc.array(fc.option(fc.nat(1_000_000)), { minLength: 1, maxLength: 64 }),
  })
  .map(({ size, walk, free, minSplit, speeds }) => {
    const plan = walkPlan(size, walk);
    const busy = new Map<string, Busy>();
    for (const [index, one] of plan.entries()) {
      const speed = speeds[index % speeds.length];
      if (!isComplete(one) && speed !== null && speed !== undefined) busy.set(one.id, { bytesPerSecond: speed });
    }
    return { size, plan, busy, free, minSplit };
  });

describe('fillConnections, over random plans', () => {
  it('keeps the plan sound and never exceeds the free connections', () => {
    fc.assert(
      fc.property(situations, ({ size, plan, busy, free, minSplit }) => {
        const schedule = fillConnections(plan, busy, free, minSplit);
        expectSound(schedule.plan, size);
        expect(schedule.assignments.length).toBeLessThanOrEqual(Math.max(0, free));
      }),
      { numRuns: 300 },
    );
  });

  it('takes the waiting ranges first and no range twice', () => {
    fc.assert(
      fc.property(situations, ({ plan, busy, free, minSplit }) => {
        const { assignments } = fillConnections(plan, busy, free, minSplit);
        const waiting = plan.filter((one) => !isComplete(one) && !busy.has(one.id)).map((one) => one.id);
        const kinds = assignments.map((one) => one.kind);
        expect(kinds.lastIndexOf('start')).toBe(kinds.filter((kind) => kind === 'start').length - 1);
        const started = assignments.filter((one) => one.kind === 'start').map((one) => one.id);
        expect(started).toEqual(waiting.slice(0, Math.max(0, free)));
        expect(new Set(assignments.map((one) => one.id)).size).toBe(assignments.length);
        for (const { id } of assignments) expect(busy.has(id)).toBe(false);
      }),
    );
  });

  it('makes no half below the least size, and stops only when no range can be halved', () => {
    fc.assert(
      fc.property(situations, ({ plan, busy, free, minSplit }) => {
        const schedule = fillConnections(plan, busy, free, minSplit);
        const touched = new Set(
          schedule.assignments.flatMap((one) => (one.kind === 'split' ? [one.id, one.victim] : [])),
        );
        for (const one of schedule.plan) {
          if (touched.has(one.id)) expect(missingBytes(one)).toBeGreaterThanOrEqual(minSplit);
        }
        const idle = free - schedule.assignments.length;
        if (idle > 0) {
          const left = schedule.plan
            .filter((one) => !isComplete(one))
            .map((one) => ({
              missing: missingBytes(one) ?? 0,
              speed: busy.get(one.id)?.bytesPerSecond || usualOf(busy),
            }));
          const sum = (figures: number[]) => figures.reduce((total, figure) => total + figure, 0);
          const best =
            sum(left.map(({ missing }) => missing)) / (sum(left.map(({ speed }) => speed)) + idle * usualOf(busy));
          for (const { missing, speed } of left) {
            // Too small to be halved, or there within a second, or as soon as all could be.
            expect(missing < 2 * minSplit || missing < speed || missing / speed - best < 0.1).toBe(true);
          }
        }
      }),
    );
  });
});

function usualOf(busy: ReadonlyMap<string, { readonly bytesPerSecond: number }>): number {
  const known = [...busy.values()].map((one) => one.bytesPerSecond).filter((speed) => speed > 0);
  return known.reduce((sum, speed) => sum + speed, 0) / Math.max(1, known.length);
}

describe('fillConnections', () => {
  it('halves the longest at a first split', () => {
    const { plan, assignments } = fillConnections(planWhole(100), busyWith({ 'segment-0': 5 }), 1, 10);
    expect(assignments).toEqual([{ kind: 'split', victim: 'segment-0', at: 50, id: 'segment-1' }]);
    expect(plan.map((one) => [one.start, one.end])).toEqual([
      [0, 50],
      [50, 100],
    ]);
  });

  it('halves by what is missing and by speed, not by length', () => {
    const plan = [
      range('segment-0', 0, 1_000, 900),
      range('segment-1', 1_000, 1_300),
      range('segment-2', 1_300, 1_700),
    ];
    // 100 bytes at 1, 300 at 30, 400 at 100.
    const busy = busyWith({ 'segment-0': 1, 'segment-1': 30, 'segment-2': 100 });
    // A new connection is taken for one of the mean speed, 44; each part is as long as its speed is.
    expect(fillConnections(plan, busy, 1, 2).assignments).toMatchObject([{ victim: 'segment-0', at: 903 }]);
    expect(fillConnections(plan, busy, 1, 60).assignments).toMatchObject([{ victim: 'segment-1', at: 1_123 }]);
    expect(fillConnections(plan, busy, 1, 110).assignments).toMatchObject([{ victim: 'segment-1', at: 1_123 }]);
    expect(fillConnections(plan, busy, 1, 160).assignments).toMatchObject([{ victim: 'segment-2', at: 1_540 }]);
    // The new one would have its 200 bytes later than the old one has all 400.
    expect(fillConnections(plan, busy, 1, 200).assignments).toEqual([]);
  });

  it.each([
    ['as if there were none, where they are small', 100, 500],
    ['behind two of them', 300, 600],
    ['not at all, where nothing would be gained then', 460, null],
  ])('cuts what comes in bursts %s', (_, burstBytes, at) => {
    const busy = new Map([['segment-0', { bytesPerSecond: 1_000, burstBytes }]]);
    const { assignments } = fillConnections(planWhole(1_000), busy, 1, 10);
    expect(assignments.map((one) => (one.kind === 'split' ? one.at : null))).toEqual(at === null ? [] : [at]);
  });

  it('counts a segment of unknown speed as one of the usual speed', () => {
    const plan = [range('segment-0', 0, 100), range('segment-1', 100, 300)];
    expect(fillConnections(plan, busyWith({ 'segment-0': 1, 'segment-1': 0 }), 1, 10).assignments).toMatchObject([
      { victim: 'segment-1' },
    ]);
    expect(fillConnections(plan, busyWith({ 'segment-0': 0, 'segment-1': 0 }), 1, 10).assignments).toMatchObject([
      { victim: 'segment-1' },
    ]);
  });

  it('gives a whole file to 32 connections in even parts', () => {
    const { plan, assignments } = fillConnections(planWhole(3_200), new Map(), 32, 100);
    expect(assignments).toHaveLength(32);
    expect(plan.map((one) => missingBytes(one))).toEqual(Array.from({ length: 32 }, () => 100));
  });

  it('splits the largest file that can be counted', () => {
    const { plan } = fillConnections(planWhole(Number.MAX_SAFE_INTEGER), new Map(), 64, 1024 * 1024);
    expect(plan).toHaveLength(64);
    expectSound(plan, Number.MAX_SAFE_INTEGER);
  });

  it('leaves an unknown length and a finished plan alone', () => {
    expect(fillConnections(planWhole(null), busyWith({ 'segment-0': 5 }), 5, 1).assignments).toEqual([]);
    const done: Plan = [range('segment-0', 0, 100, 100)];
    expect(fillConnections(done, new Map(), 5, 1)).toEqual({ plan: done, assignments: [] });
  });

  it('takes ranges that wait in the order of the file', () => {
    const plan = [range('segment-3', 0, 10), range('segment-1', 10, 20, 20), range('segment-0', 20, 30)];
    expect(fillConnections(plan, new Map(), 9, 1_000).assignments).toEqual([
      { kind: 'start', id: 'segment-3' },
      { kind: 'start', id: 'segment-0' },
    ]);
  });
});

describe('divide', () => {
  it('parts a plan for all connections to come, and covers it all the same', () => {
    fc.assert(
      fc.property(situations, ({ size, plan, free, minSplit }) => {
        const parted = divide(plan, free, minSplit);
        expectSound(parted, size);
        const before = plan.filter((one) => !isComplete(one)).length;
        const after = parted.filter((one) => !isComplete(one)).length;
        expect(after).toBeLessThanOrEqual(Math.max(before, free));
        if (free > 0 && after < free) for (const one of parted) expect(missingBytes(one)).toBeLessThan(2 * minSplit);
      }),
    );
  });

  it.each([
    [4, 10, [0, 25, 50, 75]],
    [3, 10, [0, 25, 50]],
    [4, 30, [0, 50]],
    [1, 10, [0]],
  ])('for %i connections and at least %i bytes', (connections, least, starts) => {
    expect(divide(planWhole(100), connections, least).map((one) => one.start)).toEqual(starts);
  });

  it('leaves an unknown length alone', () => {
    expect(divide(planWhole(null), 8, 1)).toEqual(planWhole(null));
  });
});

describe('a range that will be there in a moment', () => {
  const plan = [range('segment-0', 0, 1_000)];
  // Half of it would be there so much sooner: 500 / speed.
  it.each([
    [4_999, 1],
    [5_001, 0],
  ])('at %i bytes a second: %i splits', (speed, splits) => {
    expect(fillConnections(plan, busyWith({ 'segment-0': speed }), 1, 10).assignments).toHaveLength(splits);
  });

  it('is worth more time the faster it comes: what is on its way is sent for nothing', () => {
    const MiB = 1024 * 1024;
    const splits = (size: number, speed: number) =>
      fillConnections([range('segment-0', 0, size)], busyWith({ 'segment-0': speed }), 1, null).assignments.length;
    // Half a second's worth of bytes: a quarter of a second would be gained.
    expect(splits(32 * MiB, 64 * MiB)).toBe(1);
    expect(splits(31 * MiB, 64 * MiB)).toBe(0);
    expect(splits(4 * MiB, 8 * MiB)).toBe(1);
    expect(splits(2 * MiB, 8 * MiB)).toBe(1);
  });

  it('is left alone where as much is left of all others: one connection more would bring the end no nearer', () => {
    const ranges = Array.from({ length: 8 }, (_, at) => range(`segment-${at}`, at * 1_000, at * 1_000 + 1_000));
    const busy = busyWith(Object.fromEntries(ranges.map(({ id }) => [id, 1_000])));
    const splits = (free: number, roundTrip = 0) =>
      fillConnections(ranges, busy, free, 10, { usual: 1_000, roundTrip }).assignments.length;
    // A second each: with n more, 8/(8+n) of it.
    expect(splits(1)).toBe(1);
    expect(splits(1, 0.02)).toBe(0);
    const fast = busyWith(Object.fromEntries(ranges.map(({ id }) => [id, 1_300])));
    expect(fillConnections(ranges, fast, 1, 10).assignments).toEqual([]);
    expect(fillConnections(ranges, fast, 2, 10).assignments).not.toEqual([]);
    // One that is behind is worth it at once.
    const behind = new Map(fast).set('segment-3', { bytesPerSecond: 300 });
    expect(fillConnections(ranges, behind, 1, 10).assignments).toMatchObject([{ victim: 'segment-3' }]);
    // Once it has been parted, one more among nine is not.
    expect(fillConnections(ranges, behind, 2, 10).assignments).toHaveLength(1);
    const almost = ranges.map((one) => (one.id === 'segment-3' ? one : { ...one, written: one.start + 990 }));
    expect(fillConnections(almost, fast, 1, 10).assignments).toMatchObject([{ victim: 'segment-3' }]);
  });

  it('counts the round trip of the request', () => {
    const at = (roundTrip: number) =>
      fillConnections(plan, busyWith({ 'segment-0': 500 }), 1, 10, { usual: 500, roundTrip }).assignments;
    expect(at(0)).toMatchObject([{ at: 500 }]);
    // The new one begins 0.2 s later, at 100 bytes less.
    expect(at(0.2)).toMatchObject([{ at: 550 }]);
    // Two round trips are more than would be gained.
    expect(at(0.5)).toEqual([]);
  });

  it('gives a fast newcomer the larger part of a slow range', () => {
    const path = { usual: 900, roundTrip: 0 };
    expect(fillConnections(plan, busyWith({ 'segment-0': 100 }), 1, 10, path).assignments).toMatchObject([{ at: 100 }]);
  });

  it.each(['isAsking', 'isHedged'] as const)('is left alone when it %s', (what) => {
    const busy = new Map([['segment-0', { bytesPerSecond: 1, [what]: true }]]);
    expect(fillConnections(plan, busy, 1, 10).assignments).toEqual([]);
  });

  it('is parted when its request got stuck', () => {
    const busy = new Map([['segment-0', { bytesPerSecond: 0, isAsking: true, isStuck: true }]]);
    expect(fillConnections(plan, busy, 1, 10).assignments).toMatchObject([{ kind: 'split', victim: 'segment-0' }]);
  });
});

it('chooseHedges counts what is left, not what is there', () => {
  const plan = [range('segment-0', 0, 1_000, 900)];
  expect(chooseHedges(plan, busyWith({ 'segment-0': 10 }), 1, { usual: 100, roundTrip: 0 })).toEqual(['segment-0']);
});

describe('chooseHedges', () => {
  const plan = [
    range('segment-0', 0, 1_000),
    range('segment-1', 1_000, 2_000),
    range('segment-2', 2_000, 3_000, 2_900),
  ];
  const path = { usual: 1_000, roundTrip: 0 };
  const busy = (of: Record<string, Partial<Busy>>) =>
    new Map(Object.entries(of).map(([id, one]): [string, Busy] => [id, { bytesPerSecond: 0, ...one }]));

  it('fetches once more what another connection would have long before, slowest first', () => {
    const all = busy({
      'segment-0': { bytesPerSecond: 100 },
      'segment-1': { bytesPerSecond: 50 },
      'segment-2': { bytesPerSecond: 1_000 },
    });
    expect(chooseHedges(plan, all, 5, path)).toEqual(['segment-1', 'segment-0']);
    expect(chooseHedges(plan, all, 1, path)).toEqual(['segment-1']);
    expect(chooseHedges(plan, all, 0, path)).toEqual([]);
  });

  it('puts a stuck one before all others', () => {
    const all = busy({ 'segment-0': { bytesPerSecond: 1 }, 'segment-1': { isStuck: true } });
    expect(chooseHedges(plan, all, 1, path)).toEqual(['segment-1']);
  });

  it.each([
    ['whose speed nobody knows', {}],
    ['that is hedged already', { bytesPerSecond: 1, isHedged: true }],
    ['that was hedged three times', { bytesPerSecond: 1, hedges: 3 }],
    ['that will be there nearly as soon', { bytesPerSecond: 626 }],
  ])('leaves one alone %s', (_, one) => {
    expect(chooseHedges(plan, busy({ 'segment-0': one }), 5, path)).toEqual([]);
  });

  it('takes one that needs half as long again, and a tenth of a second', () => {
    expect(chooseHedges(plan, busy({ 'segment-0': { bytesPerSecond: 624 } }), 5, path)).toEqual(['segment-0']);
    const far = { usual: 1_000, roundTrip: 1 };
    expect(chooseHedges(plan, busy({ 'segment-0': { bytesPerSecond: 624 } }), 5, far)).toEqual([]);
  });

  it('expects who has been silent to stay so as long again, however fast it was', () => {
    const silent = (silentSeconds: number) => busy({ 'segment-2': { bytesPerSecond: 1_000, silentSeconds } });
    expect(chooseHedges(plan, silent(0.14), 5, path)).toEqual([]);
    expect(chooseHedges(plan, silent(0.16), 5, path)).toEqual(['segment-2']);
    const all = new Map([...silent(1), ...busy({ 'segment-0': { bytesPerSecond: 100 } })]);
    expect(chooseHedges(plan, all, 1, path)).toEqual(['segment-0']);
  });

  it('does not know who is slow where the usual speed is only guessed, but who is stuck', () => {
    const guess = { ...path, isGuess: true };
    expect(chooseHedges(plan, busy({ 'segment-0': { bytesPerSecond: 1 } }), 5, guess)).toEqual([]);
    expect(chooseHedges(plan, busy({ 'segment-0': { isStuck: true } }), 5, guess)).toEqual(['segment-0']);
  });

  it('needs an idea of how fast another one would be, a length, and something missing', () => {
    const slow = busy({ 'segment-0': { bytesPerSecond: 1 } });
    expect(chooseHedges(plan, slow, 5, { usual: 0, roundTrip: 0 })).toEqual([]);
    expect(chooseHedges(planWhole(null), slow, 5, path)).toEqual([]);
    expect(chooseHedges([range('segment-0', 0, 10, 10)], slow, 5, path)).toEqual([]);
  });
});
