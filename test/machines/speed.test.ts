import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  interruptMeter,
  type Meter,
  measure,
  roughSpeed,
  speeds,
  startMeter,
  timeLeft,
} from '../../src/machines/speed.ts';

/** Measures every quarter of a second. */
const steady = (meter: Meter, bytesPerSecond: number, seconds: number, from = 0, bytes = 0): Meter => {
  let next = meter;
  for (let step = 0; step <= seconds * 4; step += 1) {
    next = measure(next, from + step * 250, bytes + (step * bytesPerSecond) / 4);
  }
  return next;
};

describe('speeds', () => {
  it('are unknown until there is something to measure', () => {
    const nothing = { now: null, least: null, mean: null, best: null };
    expect(speeds(startMeter(0))).toEqual(nothing);
    expect(speeds(measure(startMeter(0), 5, 100))).toEqual(nothing);
    expect(speeds(steady(startMeter(0), 1_000, 0.25))).toEqual(nothing);
  });

  it('are all the same when the speed is steady', () => {
    expect(speeds(steady(startMeter(0), 1_000, 10))).toEqual({ now: 1_000, least: 1_000, mean: 1_000, best: 1_000 });
  });

  it('tell the present from the past', () => {
    const slower = steady(steady(startMeter(0), 4_000, 10), 1_000, 10, 10_000, 40_000);
    expect(speeds(slower)).toEqual({ now: 1_000, least: 1_000, mean: 2_500, best: 4_000 });
    const stalled = steady(slower, 0, 10, 20_000, 50_000);
    expect(speeds(stalled)).toMatchObject({ now: 0, least: 0 });
  });

  it('do not count a pause, nor what earlier runs did', () => {
    const first = steady(startMeter(5_000), 1_000, 10);
    const resumed = steady(interruptMeter(first), 1_000, 10, 500_000, 10_000);
    expect(resumed.activeMs).toBe(25_000);
    expect(speeds(resumed)).toEqual({ now: 1_000, least: 1_000, mean: 1_000, best: 1_000 });
  });

  it('begin again when bytes go back: the file starts over', () => {
    const again = measure(steady(startMeter(0), 1_000, 10), 10_250, 0);
    expect(again.samples).toHaveLength(1);
    expect(speeds(again).now).toBeNull();
    expect(speeds(steady(again, 1_000, 2, 10_250)).now).toBe(1_000);
  });

  it('are finite, never negative, and the meter stays small, whatever is measured', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1_000), fc.oneof(fc.nat(100_000), fc.maxSafeNat())), { maxLength: 200 }),
        (news) => {
          let meter = startMeter(0);
          let at = 0;
          for (const [passed, bytes] of news) {
            at += passed;
            meter = measure(meter, at, bytes);
            const all = Object.values(speeds(meter)).filter((speed) => speed !== null);
            expect(all.every((speed) => speed >= 0 && Number.isFinite(speed))).toBe(true);
            const { now, least, best } = speeds(meter);
            if (now !== null) {
              expect(least).toBeLessThanOrEqual(now);
              expect(best).toBeGreaterThanOrEqual(now);
            }
            for (const [index, sample] of meter.samples.entries()) {
              expect(sample.at).toBeGreaterThan(meter.samples[index - 1]?.at ?? -1);
            }
          }
          expect(meter.activeMs).toBeLessThanOrEqual(at);
        },
      ),
    );
  });

  it('keep no more than a few seconds', () => {
    const meter = steady(startMeter(0), 1_000, 100);
    expect(meter.samples.length).toBeLessThanOrEqual(13);
  });
});

describe('timeLeft', () => {
  const meter = steady(startMeter(0), 1_000, 10);
  it.each([
    ['at the present speed', meter, 5_000, 5_000],
    ['nothing missing', startMeter(0), 0, 0],
    ['an unknown size', meter, null, null],
    ['nothing measured', startMeter(0), 5_000, null],
    ['nothing moving', steady(meter, 0, 10, 10_000, 10_000), 5_000, null],
  ])('%s', (_, state, missing, left) => {
    expect(timeLeft(state, missing)).toBe(left);
  });
});

describe('a rough speed', () => {
  it('is told from the first two measurements on, however near they are', () => {
    expect(roughSpeed(startMeter(0))).toBeNull();
    const once = measure(startMeter(0), 1_000, 500);
    expect(roughSpeed(once)).toBeNull();
    expect(roughSpeed(measure(once, 1_010, 530))).toBe(3_000);
    expect(roughSpeed(measure(measure(once, 1_010, 530), 1_020, 530))).toBe(1_500);
  });

  it('is not told by two measurements of one moment', () => {
    expect(roughSpeed(measure(measure(startMeter(0), 5, 0), 5, 100))).toBeNull();
  });
});

describe('a measurement', () => {
  it('of the past, or of the same moment, changes nothing', () => {
    const meter = steady(startMeter(0), 1_000, 2);
    expect(measure(meter, 2_000, 9_999)).toBe(meter);
    expect(measure(meter, 1_500, 9_999)).toBe(meter);
  });
});
