/** Between two notes of progress for a killed process at least, milliseconds: what a kill costs. */
export const LEAST_REST_MS = 10;
const LONGEST_REST_MS = 20;
/** Notes take no more than about this part of the time: a machine that is busy has better things to do. */
const SHARE = 0.1;

/** So many downloads of one process note as often as each would alone; of more, all together as often as these. */
const FEW = 4;

/**
 * How long to wait before the next note of progress.
 *
 * @param tookMs what the last one took, milliseconds
 * @param running downloads of this process, this one too. What a kill costs all of them together stays the
 * same: each gets so much less of what arrives in its longer rest.
 * @returns milliseconds: 10 to 20, and for more than a few downloads as many times longer as they are more
 */
export function restAfterNote(tookMs: number, running: number): number {
  const alone = Math.min(LONGEST_REST_MS, Math.max(LEAST_REST_MS, tookMs / SHARE));
  return alone * Math.max(1, running / FEW);
}
