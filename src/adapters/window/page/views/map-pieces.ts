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
  const pieces: MapPiece[] = [];
  // Where the finished segments end that the last piece stands for.
  let finishedUntil = -1;
  for (const { id, state, start, end, written } of segments.toSorted((one, other) => one.start - other.start)) {
    const x = start * scale;
    const stop = (end ?? total) * scale;
    const head = Math.min(written * scale, stop);
    if (end !== null && written >= end) {
      const last = pieces.at(-1);
      if (last && finishedUntil === start) {
        // One rectangle: between two that touch, a sliver of the ground would shine through.
        pieces[pieces.length - 1] = { ...last, width: stop - last.x };
      } else {
        if (x > 0) pieces.push(border(id, x));
        pieces.push({ id, kind: 'done', x, width: stop - x });
      }
      finishedUntil = end;
      continue;
    }
    if (state === 'backingOff' || state === 'failed') pieces.push({ id, kind: 'trouble', x: head, width: stop - head });
    if (head > x) pieces.push({ id, kind: 'arrived', x, width: head - x });
    if (state === 'receiving') pieces.push({ id, kind: 'receiving', x: head, width: Math.min(HEAD, stop - head) });
    if (x > 0) pieces.push(border(id, x));
  }
  return pieces;
}

function border(id: string, x: number): MapPiece {
  return { id, kind: 'border', x: x - 0.5, width: 1 };
}
