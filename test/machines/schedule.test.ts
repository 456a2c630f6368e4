import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isComplete, missingBytes, type Plan, planWhole, type Range } from '../../src/machines/ranges.ts';
import { type Busy, divide, fillConnections } from '../../src/machines/schedule.ts';
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
        if (schedule.assignments.length < free) {
          for (const one of schedule.plan) {
            // Too small to be halved, or there within a second.
            const missing = missingBytes(one) ?? 0;
            const speed = busy.get(one.id)?.bytesPerSecond || usualOf(busy);
            expect(missing < 2 * minSplit || missing < speed).toBe(true);
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
    expect(fillConnections(plan, busy, 1, 10).assignments).toMatchObject([{ victim: 'segment-0', at: 950 }]);
    expect(fillConnections(plan, busy, 1, 60).assignments).toMatchObject([{ victim: 'segment-1', at: 1_150 }]);
    expect(fillConnections(plan, busy, 1, 160).assignments).toMatchObject([{ victim: 'segment-2', at: 1_500 }]);
    expect(fillConnections(plan, busy, 1, 300).assignments).toEqual([]);
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
  it.each([
    [999, 1],
    [1_001, 0],
  ])('at %i bytes a second: %i splits', (speed, splits) => {
    expect(fillConnections(plan, busyWith({ 'segment-0': speed }), 1, 10).assignments).toHaveLength(splits);
  });
});
