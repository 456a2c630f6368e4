/** Between two notes of progress for a killed process at least, milliseconds: what a kill costs. */
export const LEAST_REST_MS = 10;
/** A machine that is busy notes no more rarely than this for it, milliseconds. */
const LONGEST_FOR_LOAD_MS = 20;
/** Notes take no more than about this part of the time: a machine that is busy has better things to do. */
const SHARE = 0.1;
/** Of what a run has fetched by now, a kill may cost this part more: many a kill comes early, and few come to a run of hours. */
const LOSS = 0.01;
const LONGEST_FOR_AGE_MS = 100;

/** So many downloads of one process note as often as each would alone; of more, all together as often as these. */
const FEW = 4;

/**
 * How long to wait before the next note of progress.
 *
 * @param tookMs what the last one took, milliseconds
 * @param ageMs since when this run has noted its progress, milliseconds
 * @param running downloads of this process, this one too. What a kill costs all of them together stays the
 * same: each gets so much less of what arrives in its longer rest.
 * @returns milliseconds: 10 to 20 in the first second, up to 100 after ten, and for more than a few downloads as many
 * times longer as they are more
 */
export function restAfterNote(tookMs: number, ageMs: number, running: number): number {
  const forLoad = Math.min(LONGEST_FOR_LOAD_MS, tookMs / SHARE);
  const forAge = Math.min(LONGEST_FOR_AGE_MS, ageMs * LOSS);
  return Math.max(LEAST_REST_MS, forLoad, forAge) * Math.max(1, running / FEW);
}
