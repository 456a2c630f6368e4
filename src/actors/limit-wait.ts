import type { ClockPort } from './ports.ts';
import type { RateLimiter } from './rate-limiter.ts';

/** Between two looks at a rate limit that makes it wait, milliseconds. */
const LOOK_MS = 200;
/** A wait that is not worth stopping for, milliseconds. */
const SHORT_WAIT_MS = 4;

/** One transfer's wait for the rate limit: it looks now and then, since the limit may change. */
export class LimitWait {
  readonly #limiter: RateLimiter;
  readonly #clock: ClockPort;
  readonly #onOver: () => void;
  #stop: (() => void) | null = null;

  /** @param onOver called when it may go on */
  constructor(limiter: RateLimiter, clock: ClockPort, onOver: () => void) {
    this.#limiter = limiter;
    this.#clock = clock;
    this.#onOver = onOver;
  }

  get isWaiting(): boolean {
    return this.#stop !== null;
  }

  /** These bytes have arrived: waits for as long as the limit wants. */
  earn(bytes: number): void {
    const ticket = this.#limiter.take(bytes);
    if (this.#limiter.wait(ticket) > SHORT_WAIT_MS) this.#waitFor(ticket);
  }

  /** Waits no more, and tells nobody. */
  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #waitFor(ticket: number): void {
    this.stop();
    this.#stop = this.#clock.after(Math.min(this.#limiter.wait(ticket), LOOK_MS), () => {
      this.#stop = null;
      if (this.#limiter.wait(ticket) > SHORT_WAIT_MS) this.#waitFor(ticket);
      else this.#onOver();
    });
  }
}
