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
    expect([arrivals.burstBytes, arrivals.bytesPerSecond(at + 5)]).toEqual([0, 0]);
    arrivals.add(100, at);
    expect([arrivals.burstBytes, arrivals.bytesPerSecond(at)]).toEqual([0, 0]);
  });

  it('evenly comes in pieces as they are', () => {
    const { arrivals, at } = arrived(...times(500, [40, 10] as const));
    expect(arrivals.burstBytes).toBeCloseTo(40, 6);
    expect(arrivals.bytesPerSecond(at)).toBeCloseTo(4_000, 6);
  });

  it('in bursts comes as many at once as between two silences', () => {
    const { arrivals, at } = arrived(...times(20, burst).flat());
    expect(arrivals.burstBytes).toBeGreaterThan(95);
    expect(arrivals.burstBytes).toBeLessThan(105);
    expect(arrivals.bytesPerSecond(at)).toBeGreaterThan(190);
    expect(arrivals.bytesPerSecond(at)).toBeLessThan(230);
  });

  it('stalls after three times the usual silence, and not before', () => {
    const { arrivals, at } = arrived(...times(500, [40, 10] as const));
    expect(arrivals.bytesPerSecond(at + 29)).toBeGreaterThan(3_900);
    expect(arrivals.bytesPerSecond(at + 31)).toBe(0);
    const bursts = arrived(...times(20, burst).flat());
    expect(bursts.arrivals.bytesPerSecond(bursts.at + 1_000)).toBeGreaterThan(100);
  });

  it('is not judged by the time in which nobody read', () => {
    const { arrivals, at } = arrived(...times(500, [40, 10] as const));
    arrivals.goOn(at + 990);
    arrivals.add(40, at + 1_000);
    // It is slower for it, and still comes every 10 ms.
    expect(arrivals.bytesPerSecond(at + 1_000)).toBeLessThan(3_000);
    expect(arrivals.burstBytes).toBeCloseTo(arrivals.bytesPerSecond(at + 1_000) / 100, 6);
  });

  it('is forgotten', () => {
    const { arrivals } = arrived(...times(20, burst).flat(), ...times(1_500, [40, 10] as const));
    expect(arrivals.burstBytes).toBeLessThan(45);
  });
});
