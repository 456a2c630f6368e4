/** Between two notes of progress for a killed process at least, milliseconds: what a kill costs. */
export const LEAST_REST_MS = 10;
const LONGEST_REST_MS = 20;
/** Notes take no more than about this part of the time: a machine that is busy has better things to do. */
const SHARE = 0.1;

/**
 * How long to wait before the next note of progress.
 *
 * @param tookMs what the last one took, milliseconds
 * @returns milliseconds, 10 to 20
 */
export function restAfterNote(tookMs: number): number {
  return Math.min(LONGEST_REST_MS, Math.max(LEAST_REST_MS, tookMs / SHARE));
}
