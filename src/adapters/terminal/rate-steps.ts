/** No key brings the limit below this, bytes a second. */
const LEAST_RATE = 16 * 1024;

/**
 * The rate limit after the key for slower: half of what it was, or of what it
 * is without one.
 *
 * @param limit bytes a second; null for none
 * @param speed bytes a second, as of now; null when it is not known
 */
export function slower(limit: number | null, speed: number | null): number | null {
  const from = limit ?? speed;
  return from === null ? null : Math.max(LEAST_RATE, Math.round(from / 2));
}

/**
 * The rate limit after the key for faster: twice what it was; none, once it
 * is twice the best speed seen. The best speed under a limit is the limit.
 *
 * @param limit bytes a second; null for none
 * @param best bytes a second; null when it is not known
 */
export function faster(limit: number | null, best: number | null): number | null {
  return limit === null || (best !== null && limit >= 2 * best) ? null : limit * 2;
}
