import { formatDuration } from './amounts.ts';
import type { Failure } from './failures.ts';

/** First delay, milliseconds; it doubles with every attempt. */
const BASE_MS = 500;
/** Longest delay of our own, milliseconds. */
const LONGEST_MS = 30_000;
/** Longest Retry-After that is waited for, milliseconds; beyond it the download fails and says so. */
export const LONGEST_RETRY_AFTER_MS = 300_000;

/** Statuses that pass by themselves (RFC 9110, 6585, 8470). */
const passing = new Set([408, 425, 429, 502, 503, 504]);

/**
 * May trying again help?
 *
 * @param established the server has answered well before, in this run: then a
 * refused connection or an unknown host is the network's trouble, not a typing
 * error, and a 500 an accident
 */
export function isRetriable(failure: Failure, established: boolean): boolean {
  switch (failure.code) {
    case 'connection-lost':
    case 'timeout':
    case 'network':
      return true;
    case 'connection-refused':
    case 'host-not-found':
      return established;
    case 'http-status':
      return passing.has(failure.status ?? 0) || (established && failure.status === 500);
    default:
      return false;
  }
}

export interface Retry {
  /** Attempts that have failed in a row before this one. */
  readonly attempt: number;
  /** Most attempts after the first. */
  readonly retries: number;
  /** 0 <= x < 1. */
  readonly jitter: number;
  readonly established: boolean;
}

/**
 * How long to wait before the next attempt, in milliseconds; null for "give
 * up". Exponential with jitter, so that many segments do not come back at once;
 * a Retry-After is a lower bound.
 */
export function retryDelay(failure: Failure, { attempt, retries, jitter, established }: Retry): number | null {
  if (attempt >= retries || !isRetriable(failure, established)) return null;
  const asked = failure.retryAfterMs ?? 0;
  if (asked > LONGEST_RETRY_AFTER_MS) return null;
  const own = Math.min(LONGEST_MS, BASE_MS * 2 ** attempt);
  return Math.max(asked, Math.round(own * (0.5 + jitter / 2)));
}

/** A failure that trying again might have helped, and that is the last: it says why it is. Any other stays as it is. */
export function withVerdict(failure: Failure, { attempt, retries, established }: Omit<Retry, 'jitter'>): Failure {
  if (!isRetriable(failure, established)) return failure;
  if ((failure.retryAfterMs ?? 0) > LONGEST_RETRY_AFTER_MS) {
    const longest = formatDuration(LONGEST_RETRY_AFTER_MS);
    const message = `${failure.message} multidown waits ${longest} at most, so start the same command again when that time has passed.`;
    return { ...failure, message };
  }
  if (attempt === 0 || attempt < retries) return failure;
  return { ...failure, message: `${failure.message} multidown gave up after ${attempt + 1} attempts in a row.` };
}
