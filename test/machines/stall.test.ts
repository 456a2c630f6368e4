import { describe, expect, it } from 'vitest';
import { leastWithin, lookAgain, openingPatience, type Patience, stalled } from '../../src/machines/stall.ts';

/** Looks every so often, at so many bytes a second; when patience was lost, and how much had come. */
function watch(
  bytesPerSecond: number,
  { timeoutMs = 10_000, everyMs = 100, forMs = 100_000, held = (): boolean => false } = {},
) {
  let patience: Patience | null = openingPatience(50);
  for (let at = 50; at <= forMs; at += everyMs) {
    const arrived = Math.floor(((at - 50) / 1_000) * bytesPerSecond);
    patience = lookAgain(patience, { at, arrived, wasHeldUp: held() }, timeoutMs);
    if (patience === null) return at - 50;
  }
  return null;
}

describe('a stall', () => {
  it.each([
    [0, 10_000],
    [0.1, 10_000],
    [15, 10_000],
    [17, null],
    [1_000_000, null],
  ])('70 at %d bytes a second shows after %s ms', (speed, expected) => {
    expect(watch(speed)).toBe(expected);
  });

  it('is counted from the last time that enough had come', () => {
    const began = openingPatience(0);
    const fed = lookAgain(began, { at: 9_000, arrived: 160, wasHeldUp: false }, 10_000);
    expect(fed).toEqual({ began: 9_000, lookedAt: 9_000, had: 160 });
    const hungry = lookAgain(began, { at: 9_000, arrived: 159, wasHeldUp: false }, 10_000);
    expect(hungry?.had).toBe(0);
    // What had come before does not count again.
    const full = fed && lookAgain(fed, { at: 12_000, arrived: 200, wasHeldUp: false }, 10_000);
    expect(full).toEqual({ began: 11_000, lookedAt: 12_000, had: 160 });
  });

  it('is none while nobody wants to read', () => {
    expect(watch(0, { held: () => true })).toBeNull();
    let isHeld = false;
    const everySecondTime = () => {
      isHeld = !isHeld;
      return isHeld;
    };
    expect(watch(0, { held: everySecondTime })).toBeGreaterThan(19_000);
  });

  it('is none while this process is held up: a long time between two looks is not the server’s', () => {
    const patience = lookAgain(openingPatience(0), { at: 3_600_000, arrived: 0, wasHeldUp: false }, 10_000);
    expect(patience).toEqual({ began: 3_599_000, lookedAt: 3_600_000, had: 0 });
  });

  it('is told with what was too little', () => {
    expect(leastWithin(30_000)).toBe(480);
    expect(leastWithin(1)).toBe(1);
    expect(stalled(2_500)).toEqual({
      code: 'timeout',
      message: 'The server all but stopped sending: fewer than 40 bytes in 2.5 seconds.',
    });
  });
});
