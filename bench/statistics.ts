/** The middle value; of an even number, the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.ceil((sorted.length - 1) / 2)];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** A median with its spread. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summarize(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The order of one round. In twice as many rounds as there are values everyone
 * comes at every place, and after every other one, equally often, so that what
 * one leaves behind (in the disk, the server, the system's memory of
 * connections) meets all of them alike. After Williams, "Experimental designs
 * balanced for the estimation of residual effects of treatments" (1949).
 */
export function balanced<T>(values: readonly T[], round: number): T[] {
  const count = values.length;
  // 0, 1, -1, 2, -2 and so on: no step is like another one.
  const zigzag = values.map((_, place) => (place % 2 === 1 ? (place + 1) / 2 : -place / 2));
  const order = zigzag.flatMap((step) => {
    const at = (step + round + count) % count;
    return values.slice(at, at + 1);
  });
  // An odd number has steps that are alike: they are taken both ways.
  return count % 2 === 1 && round % 2 === 1 ? order.reverse() : order;
}
