import type { ClockPort } from './ports.ts';

/** So much may arrive at once after a rest, in milliseconds of the limit. */
const BURST_MS = 100;

/** A token bucket that the transfers of one download share. Who takes gets a ticket, and waits until it has been earned. */
export class RateLimiter {
  readonly #clock: ClockPort;
  #bytesPerSecond: number | null = null;
  /** Bytes since the beginning: those that have arrived, and those that have been allowed. */
  #taken = 0;
  #earned = 0;
  /** Up to when they have been allowed, monotonic milliseconds. */
  #at = 0;

  constructor(clock: ClockPort) {
    this.#clock = clock;
  }

  /** Bytes a second; null lifts the limit. What was taken beyond the old one is still owed under the new one. */
  limit(bytesPerSecond: number | null): void {
    this.#earn();
    if (this.#bytesPerSecond === null || bytesPerSecond === null) this.#earned = this.#taken;
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Takes `bytes` that have arrived; returns the ticket to wait with. */
  take(bytes: number): number {
    this.#earn();
    this.#taken += bytes;
    return this.#taken;
  }

  /** How long the ticket still has to wait, milliseconds: as the limit is now. */
  wait(ticket: number): number {
    this.#earn();
    if (this.#bytesPerSecond === null) return 0;
    return Math.max(0, ((ticket - this.#earned) / this.#bytesPerSecond) * 1_000);
  }

  #earn(): void {
    const now = this.#clock.now();
    const perMs = (this.#bytesPerSecond ?? 0) / 1_000;
    this.#earned = Math.min(this.#earned + (now - this.#at) * perMs, this.#taken + BURST_MS * perMs);
    this.#at = now;
  }
}
