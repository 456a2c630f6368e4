import type { SegmentView } from '../../../../machines/events.ts';

export interface MapPiece {
  readonly id: string;
  readonly kind: 'done' | 'arrived' | 'receiving' | 'trouble' | 'border';
  /** Thousandths of the file. */
  readonly x: number;
  readonly width: number;
}

/** Thousandths of the map's width that the place where bytes arrive takes, so that it can be seen. */
const HEAD = 4;

/** What the map draws over its ground, which is what is still to come. Nothing without a size. */
export function mapPieces(segments: readonly SegmentView[], total: number | null): readonly MapPiece[] {
  if (!total) return [];
  const scale = 1_000 / total;
  return segments.flatMap(({ id, state, start, end, written }): MapPiece[] => {
    const x = start * scale;
    const stop = (end ?? total) * scale;
    const head = Math.min(written * scale, stop);
    const isWhole = end !== null && written >= end;
    const pieces: MapPiece[] = [];
    if (state === 'backingOff' || state === 'failed') pieces.push({ id, kind: 'trouble', x: head, width: stop - head });
    if (head > x) pieces.push({ id, kind: isWhole ? 'done' : 'arrived', x, width: head - x });
    if (!isWhole && state === 'receiving') {
      pieces.push({ id, kind: 'receiving', x: head, width: Math.min(HEAD, stop - head) });
    }
    if (x > 0) pieces.push({ id, kind: 'border', x: x - 0.5, width: 1 });
    return pieces;
  });
}
