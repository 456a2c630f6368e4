/** Says how many bytes may go now; holds a mean rate however unpunctual its caller's timers are. */
export interface RateCap {
  /** Takes up to `wanted` bytes; 0 means "ask again a little later". */
  take(wanted: number): number;
}

/** At most so much is caught up after a delay, so that a slow reader is not rewarded with a burst. */
const BURST_MS = 100;
/** Nothing smaller than so much time's worth is given, lest a caller spins over single bytes. */
const QUANTUM_MS = 5;

/** @param bytesPerSecond Infinity for no cap */
export function rateCap(bytesPerSecond: number, now: () => number = () => performance.now()): RateCap {
  if (bytesPerSecond === Number.POSITIVE_INFINITY) return { take: (wanted) => wanted };
  const most = Math.max(1, (bytesPerSecond * BURST_MS) / 1_000);
  const quantum = Math.max(1, Math.floor((bytesPerSecond * QUANTUM_MS) / 1_000));
  let credit = 0;
  let at = now();
  return {
    take(wanted) {
      const time = now();
      credit = Math.min(most, credit + ((time - at) / 1_000) * bytesPerSecond);
      at = time;
      const given = Math.min(wanted, Math.floor(credit));
      if (given < Math.min(wanted, quantum)) return 0;
      credit -= given;
      return given;
    },
  };
}
