/** Who still sends, but next to nothing: a stall is measured in bytes over time. */
import type { Failure } from './failures.ts';

/** Fewer bytes a second than this are none: nobody waits 18 hours for a mebibyte. */
const LEAST_BYTES_PER_SECOND = 16;
/** More time than this between two looks was not the server's: this process was held up. Milliseconds. */
const LONGEST_LOOK_MS = 1_000;

/** The time in which enough is to arrive, without the time in which nobody wanted to read. */
export interface Patience {
  /** Monotonic, milliseconds. */
  readonly began: number;
  readonly lookedAt: number;
  /** Bytes that had arrived by then. */
  readonly had: number;
}

/** What a look at a connection finds. */
export interface Look {
  readonly at: number;
  /** Bytes so far. */
  readonly arrived: number;
  /** It was told to wait since the last look: for the disk, or for the rate limit. */
  readonly wasHeldUp: boolean;
}

/** @param at monotonic, milliseconds */
export function openingPatience(at: number): Patience {
  return { began: at, lookedAt: at, had: 0 };
}

/** Null once the connection has stalled: fewer bytes within `timeoutMs` than it takes to be served. */
export function lookAgain(patience: Patience, look: Look, timeoutMs: number): Patience | null {
  const { at, arrived, wasHeldUp } = look;
  if (arrived - patience.had >= leastWithin(timeoutMs)) return { began: at, lookedAt: at, had: arrived };
  const passed = at - patience.lookedAt;
  const counted = wasHeldUp ? 0 : Math.min(passed, LONGEST_LOOK_MS);
  const began = patience.began + passed - counted;
  return at - began >= timeoutMs ? null : { ...patience, began, lookedAt: at };
}

export function stalled(timeoutMs: number): Failure {
  const seconds = Number((timeoutMs / 1_000).toFixed(1));
  return {
    code: 'timeout',
    message: `The server all but stopped sending: fewer than ${leastWithin(timeoutMs)} bytes in ${seconds} seconds.`,
  };
}

/** Bytes that must come within the time-out, for a connection to be served: fewer are no progress either. */
export function leastWithin(timeoutMs: number): number {
  return Math.max(1, Math.ceil((timeoutMs / 1_000) * LEAST_BYTES_PER_SECOND));
}
