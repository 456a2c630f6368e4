/** Offsets near 2^53 - 1, the largest that can be counted: ranges, cuts, answers, figures. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/machines/download.figures.ts';
import {
  advance,
  finish,
  forget,
  isWhole,
  joinComplete,
  markDurable,
  missingBytes,
  overlapsOf,
  type Plan,
  planWhole,
  type Range,
  seamsOf,
  split,
  writtenBytes,
} from '../../src/machines/ranges.ts';
import { parseContentRange } from '../../src/machines/response-rules.ts';
import { type Busy, chooseHedges, divide, fillConnections } from '../../src/machines/schedule.ts';
import { lookAround, replaceable } from '../../src/machines/slow.ts';
import { measure, speeds, startMeter, timeLeft } from '../../src/machines/speed.ts';
import { contextWith, entity, source } from './contexts.ts';
import { expectSound } from './plan-model.ts';

const MOST = Number.MAX_SAFE_INTEGER;
/** Sizes from 2^52 on, most of them within some KiB of the largest. */
const hugeSizes = fc.oneof(fc.integer({ min: MOST - 70_000, max: MOST }), fc.integer({ min: 2 ** 52, max: MOST }));
const speedsOfSegments = fc.array(
  fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 10 ** 10 }),
    fc.double({ min: 0.001, max: 10 ** 10, noNaN: true }),
  ),
  { minLength: 1, maxLength: 16 },
);
const paths = fc.record({
  usual: fc.oneof(fc.constant(0), fc.double({ min: 1, max: 10 ** 10, noNaN: true })),
  roundTrip: fc.double({ min: 0, max: 60, noNaN: true }),
});

/** A plan of a huge file with some ranges, each of them some part there. */
const situations = fc
  .record({
    size: hugeSizes,
    connections: fc.integer({ min: 1, max: 64 }),
    parts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 16 }),
    speeds: speedsOfSegments,
    path: paths,
    minSplit: fc.option(fc.integer({ min: 1, max: 10_000_000 })),
  })
  .map(({ size, connections, parts, speeds: all, path, minSplit }) => {
    const plan = divide(planWhole(size), connections, null).reduce<Plan>(
      (whole, { id, start, end }, index) => {
        const part = parts[index % parts.length] ?? 0;
        return advance(whole, id, start + Math.floor(((end ?? start) - start) * part));
      },
      divide(planWhole(size), connections, null),
    );
    const busy = new Map<string, Busy>(
      plan
        .filter((range) => (missingBytes(range) ?? 0) > 0)
        .map(({ id }, index) => [id, { bytesPerSecond: all[index % all.length] ?? 0 }]),
    );
    return { size, plan, busy, path, minSplit };
  });

const isExact = (value: number | null) => value === null || Number.isSafeInteger(value);
const expectExact = (plan: Plan) => {
  for (const { start, end, written, durable } of plan) expect([start, end, written, durable].every(isExact)).toBe(true);
};

describe('48 a plan of up to 2^53 - 1 bytes', () => {
  it('48 is cut at whole offsets, and covers every byte once, by whatever speeds and round trips', () => {
    fc.assert(
      fc.property(situations, fc.integer({ min: 1, max: 64 }), ({ size, plan, busy, path, minSplit }, free) => {
        const schedule = fillConnections(plan, busy, free, minSplit, path);
        expectExact(schedule.plan);
        expectSound(schedule.plan, size);
        for (const assignment of schedule.assignments) {
          if (assignment.kind === 'split') expect(Number.isSafeInteger(assignment.at)).toBe(true);
        }
        for (const id of chooseHedges(plan, busy, free, path)) expect(busy.has(id)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('48 is advanced, split, forgotten, joined and finished without losing a byte', () => {
    fc.assert(
      fc.property(situations, fc.integer({ min: 1, max: 2 ** 40 }), ({ size, plan }, back) => {
        const at = size - back;
        const cut = plan.reduce<Plan>((whole, range) => {
          const isIn = range.end !== null && at > range.written && at < range.end;
          return isIn ? split(whole, range.id, at, `segment-${plan.length + 7}`) : whole;
        }, plan);
        expectSound(cut, size);
        const all = cut.reduce<Plan>((whole, { id }) => advance(whole, id, MOST), cut);
        expect([isWhole(all, size), writtenBytes(all)]).toEqual([true, size]);
        expectExact(markDurable(all, all));
        expect(joinComplete(all)).toMatchObject([{ start: 0, end: size, written: size }]);
        const damaged = forget(all, [{ start: at, end: size }]);
        expectExact(damaged);
        expectSound(damaged, size);
        expect(writtenBytes(damaged)).toBe(at);
        for (const { start, end } of [
          ...seamsOf(
            all,
            all.map((range) => range.start),
          ),
          ...overlapsOf(all),
        ]) {
          expect(isExact(start) && isExact(end) && start < end && end <= size).toBe(true);
        }
        expect(isWhole(finish(planWhole(null), 'segment-0', size), size)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('48 is asked for and answered by exact offsets', () => {
    fc.assert(
      fc.property(hugeSizes, fc.nat(2 ** 30), (total, back) => {
        const start = total - 1 - back;
        const found = parseContentRange(`bytes ${start}-${total - 1}/${total}`);
        expect(found).toMatchObject({ start, end: total, size: total });
      }),
    );
    expect(parseContentRange(`bytes 0-${MOST}/9007199254740992`)).toBeNull();
    expect(parseContentRange('bytes 9007199254740990-9007199254740992/9007199254740993')).toBeNull();
  });

  it('48 has figures that are numbers', () => {
    fc.assert(
      fc.property(situations, ({ size, plan, busy }) => {
        const workers = Object.fromEntries(
          [...busy].map(([id, { bytesPerSecond }]) => [
            id,
            { state: 'receiving' as const, attempt: 0, bytesPerSecond },
          ]),
        );
        const had = writtenBytes(plan);
        const meter = measure(measure(startMeter(0), 1_000, 0), 3_000, had);
        const context = contextWith({ entity: { ...entity, size }, source, plan, workers, meter, usual: 1 });
        const figures = figuresOf(context);
        expect(figures).toMatchObject({ bytes: had, total: size, fraction: had / size });
        expect(figures.fraction).toBeLessThanOrEqual(1);
        for (const value of Object.values(speeds(meter))) expect(value === null || Number.isFinite(value)).toBe(true);
        const left = timeLeft(meter, size - had);
        expect(left === null || (Number.isFinite(left) && left >= 0)).toBe(true);
        const looked = { ...context, ...lookAround(context, 3_000) };
        expect(Number.isFinite(looked.usual)).toBe(true);
        for (const id of replaceable(looked)) expect(plan.some((range: Range) => range.id === id)).toBe(true);
      }),
    );
  });
});
