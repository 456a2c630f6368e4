/**
 * The plan of a download: which bytes each segment owns and how far it is.
 * Offsets are absolute, in bytes from the start of the file, `end` exclusive.
 * Always `start <= durable <= written <= end`, and the ranges of a plan cover
 * the file exactly once, in order, whatever is split, finished or restored.
 */
export interface Range {
  /** `segment-0`, `segment-1`, ...: also the id of the actor that fetches it. */
  readonly id: string;
  readonly start: number;
  /** Null while the length of the file is unknown; only a lone range may have it. */
  readonly end: number | null;
  /** Bytes before this offset have been handed to the file system. */
  readonly written: number;
  /** Bytes before this offset have been synced: they outlive a power cut. */
  readonly durable: number;
}

export type Plan = readonly Range[];
