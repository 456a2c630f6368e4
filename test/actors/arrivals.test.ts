import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../src/actors/arrivals.ts';

/** What came, after how many milliseconds each. */
function arrived(...pieces: readonly (readonly [bytes: number, afterMs: number])[]): {
  arrivals: Arrivals;
  at: number;
} {
  const arrivals = new Arrivals();
  let at = 7_000;
  arrivals.begin(at);
  for (const [bytes, afterMs] of pieces) {
    at += afterMs;
    arrivals.add(bytes, at);
  }
  return { arrivals, at };
}

const times = <Value>(count: number, value: Value): Value[] => Array<Value>(count).fill(value);
/** Every half second, in four pieces. */
const burst = [[25, 494] as const, ...times(3, [25, 2] as const)];

describe('what arrives', () => {
  it('is nothing before the first byte', () => {
    const { arrivals, at } = arrived();
    expect([arrivals.burstBytes, arrivals.burstySpeed(at + 5)]).toEqual([0, 0]);
    arrivals.add(100, at);
    expect([arrivals.burstBytes, arrivals.burstySpeed(at)]).toEqual([0, 0]);
  });

  it('evenly comes in pieces as they are, and has no speed of bursts', () => {
    const { arrivals, at } = arrived(...times(500, [40, 10] as const));
    expect(arrivals.burstBytes).toBeCloseTo(40, 6);
    expect(arrivals.burstySpeed(at)).toBe(0);
  });

  it('in bursts comes as many at once as between two silences', () => {
    const { arrivals, at } = arrived(...times(20, burst).flat());
    expect(arrivals.burstBytes).toBeGreaterThan(95);
    expect(arrivals.burstBytes).toBeLessThan(105);
    expect(arrivals.burstySpeed(at)).toBeGreaterThan(190);
    expect(arrivals.burstySpeed(at)).toBeLessThan(230);
    // The longer the silence, the less is sure: it stalls after three of them.
    expect(arrivals.burstySpeed(at + 1_000)).toBeGreaterThan(100);
    expect(arrivals.burstySpeed(at + 1_000)).toBeLessThan(arrivals.burstySpeed(at));
    expect(arrivals.burstySpeed(at + 1_500)).toBe(0);
  });

  it('evenly is silent when nothing comes for three times as long as between two pieces', () => {
    const { arrivals, at } = arrived(...times(500, [40, 10] as const));
    expect([0, 29, 31, 400].map((ms) => arrivals.unusualSilence(at + ms))).toEqual([0, 0, 31, 400]);
    arrivals.goOn(at + 390);
    expect(arrivals.unusualSilence(at + 400)).toBe(0);
  });

  it('in bursts is silent after three silences only, and before the first byte at once', () => {
    const { arrivals, at } = arrived(...times(20, burst).flat());
    expect([1_000, 2_000].map((ms) => arrivals.unusualSilence(at + ms))).toEqual([0, 2_000]);
    expect(arrived().arrivals.unusualSilence(7_005)).toBe(5);
  });

  it.each([
    [99, 0],
    [100, 400],
  ])('in pieces every %i ms has the speed of bursts %i', (ms, speed) => {
    const { arrivals, at } = arrived(...times(500, [40, ms] as const));
    expect(arrivals.burstySpeed(at)).toBeCloseTo(speed, 6);
  });

  it('is not judged by the time in which nobody read', () => {
    const { arrivals, at } = arrived(...times(500, [40, 100] as const));
    arrivals.goOn(at + 900);
    arrivals.add(40, at + 1_000);
    // It is slower for it, and still comes every 100 ms.
    expect(arrivals.burstySpeed(at + 1_000)).toBeLessThan(300);
    expect(arrivals.burstBytes).toBeCloseTo(arrivals.burstySpeed(at + 1_000) / 10, 6);
  });

  it('is forgotten', () => {
    const { arrivals } = arrived(...times(20, burst).flat(), ...times(1_500, [40, 10] as const));
    expect(arrivals.burstBytes).toBeLessThan(45);
  });
});
