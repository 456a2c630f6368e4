/** A hedge is a segment that fetches the rest of another one's range once more; its name says whose. */
const SUFFIX = '-hedge';

export function hedgeIdOf(rangeId: string): string {
  return rangeId + SUFFIX;
}

/** The range that a segment fetches: its own, or that of the one it hedges. */
export function rangeIdOf(segmentId: string): string {
  return segmentId.endsWith(SUFFIX) ? segmentId.slice(0, -SUFFIX.length) : segmentId;
}

export function isHedgeId(segmentId: string): boolean {
  return segmentId.endsWith(SUFFIX);
}

/** All who may be fetching the range that this segment fetches. */
export function rivalsOf(segmentId: string): readonly string[] {
  const rangeId = rangeIdOf(segmentId);
  return [rangeId, hedgeIdOf(rangeId)];
}
