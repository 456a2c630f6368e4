import type { ClockPort } from './ports.ts';

/** So much may arrive at once after a rest, in milliseconds of the limit. */
const BURST_MS = 100;

/** A token bucket that the transfers of one download share. */
export class RateLimiter {
  readonly #clock: ClockPort;
  #bytesPerSecond: number | null = null;
  /** Monotonic time at which all that was taken so far will have been earned. */
  #paidUntil = 0;

  constructor(clock: ClockPort) {
    this.#clock = clock;
  }

  /** Bytes a second; null lifts the limit. */
  limit(bytesPerSecond: number | null): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#paidUntil = this.#clock.now();
  }

  /** Takes `bytes` that have arrived; returns how long to wait before more, in milliseconds. */
  take(bytes: number): number {
    if (this.#bytesPerSecond === null) return 0;
    const now = this.#clock.now();
    const start = Math.max(this.#paidUntil, now - BURST_MS);
    this.#paidUntil = start + (bytes / this.#bytesPerSecond) * 1_000;
    return Math.max(0, this.#paidUntil - now);
  }
}
