import { describe, expect, it } from 'vitest';
import { TransferSpeed } from '../../src/actors/transfer-speed.ts';

/** Begun at offset 1,000, at 5,000 ms. */
function begun(): TransferSpeed {
  const speed = new TransferSpeed();
  speed.begin(1_000, 5_000);
  return speed;
}

describe('the speed of a transfer', () => {
  it('is what has been written since it began', () => {
    const speed = begun();
    expect(speed.bytesPerSecond).toBe(0);
    expect(speed.look(1_500, 5_250, 100)).toBe(true);
    expect(speed.bytesPerSecond).toBe(2_000);
  });

  it('is told at once, then only when it is worth it', () => {
    const speed = begun();
    expect(speed.look(1_100, 5_010, 100)).toBe(true);
    expect(speed.look(1_900, 5_109, 100)).toBe(false);
    expect(speed.bytesPerSecond).toBe(10_000);
    expect(speed.look(2_000, 5_110, 100)).toBe(true);
  });

  it('is not told while nothing comes, nor twice at one time', () => {
    const speed = begun();
    expect(speed.look(1_000, 6_000, 100)).toBe(false);
    expect(speed.look(1_500, 5_000, 0)).toBe(false);
    expect(speed.bytesPerSecond).toBe(0);
    // The time of the silence counts: it began then.
    expect(speed.look(1_500, 7_000, 100)).toBe(true);
    expect(speed.bytesPerSecond).toBe(250);
  });

  it('counts what was a tenth of a second ago for 0.7 of what is', () => {
    const speed = begun();
    speed.look(1_100, 5_100, 100);
    speed.look(1_300, 5_200, 100);
    expect(speed.bytesPerSecond).toBeCloseTo((0.7 * 1_000 + 2_000) / 1.7, 6);
    speed.look(1_500, 5_300, 100);
    expect(speed.bytesPerSecond).toBeCloseTo((0.49 * 1_000 + 0.7 * 2_000 + 2_000) / 2.19, 6);
    for (let at = 5_400; at <= 9_000; at += 100) speed.look(1_500 + (at - 5_300) * 3, at, 100);
    expect(speed.bytesPerSecond).toBeCloseTo(3_000, 1);
    // From here on a tenth of a second counts for 0.3, and two for 0.51.
    speed.look(12_600, 9_200, 100);
    expect(speed.bytesPerSecond).toBeCloseTo(0.49 * 3_000, 1);
  });

  it('is not misled by what lay in buffers and came at once', () => {
    const speed = begun();
    expect(speed.look(2_000, 5_001, 100)).toBe(true);
    expect(speed.bytesPerSecond).toBeCloseTo(1_000_000, 3);
    speed.look(2_200, 5_101, 100);
    expect(speed.bytesPerSecond).toBeGreaterThan(2_000);
    expect(speed.bytesPerSecond).toBeLessThan(12_000);
  });

  it('is none after a second of silence, and begins anew after it', () => {
    const speed = begun();
    speed.look(1_100, 5_100, 100);
    expect(speed.look(1_100, 6_099, 100)).toBe(true);
    expect(speed.bytesPerSecond).toBeGreaterThan(0);
    expect(speed.look(1_100, 6_100, 0)).toBe(true);
    expect(speed.bytesPerSecond).toBe(0);
    expect(speed.look(1_100, 7_000, 100)).toBe(false);
    speed.look(1_600, 7_100, 100);
    expect(speed.bytesPerSecond).toBe(500);
  });
});
