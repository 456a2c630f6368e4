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

/** `values` begun at another place each round, so that nobody always runs first or after the same neighbour. */
export function rotated<T>(values: readonly T[], round: number): T[] {
  const at = values.length === 0 ? 0 : round % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
}
