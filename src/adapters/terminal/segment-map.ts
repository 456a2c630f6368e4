import type { SegmentView } from '../../machines/events.ts';
import type { Style } from './style.ts';

/** What a cell of the map shows: the least finished of the bytes that it stands for. */
type Cell = 'done' | 'part' | 'receiving' | 'waiting' | 'trouble';

const glyphs: Readonly<Record<Cell, readonly [unicode: string, ascii: string]>> = {
  done: ['█', '#'],
  part: ['▓', '='],
  receiving: ['▒', '>'],
  waiting: ['░', '.'],
  trouble: ['×', '!'],
};

/**
 * The file from its first byte to its last in `width` cells, as the segments
 * fill it.
 *
 * @param total bytes; null draws one segment of unknown length
 */
export function segmentMap(
  segments: readonly SegmentView[],
  total: number | null,
  width: number,
  style: Style,
): string {
  if (width < 1 || !total || segments.length === 0) return '';
  const cells = Array.from({ length: width }, (_, index) =>
    cellOf(segments, (index * total) / width, ((index + 1) * total) / width),
  );
  return runs(cells)
    .map(({ cell, count }) => {
      const glyph = glyphs[cell][style.unicode ? 0 : 1].repeat(count);
      if (cell === 'done') return style.paint('accent', glyph);
      if (cell === 'part' || cell === 'receiving') return style.paint('accent', glyph);
      return style.paint(cell === 'trouble' ? 'warn' : 'dim', glyph);
    })
    .join('');
}

function cellOf(segments: readonly SegmentView[], from: number, to: number): Cell {
  let written = 0;
  let state: SegmentView['state'] = 'waiting';
  for (const segment of segments) {
    const end = segment.end ?? to;
    if (end <= from || segment.start >= to) continue;
    written += Math.max(0, Math.min(segment.written, to) - Math.max(segment.start, from));
    const isHere = segment.written < Math.min(end, to);
    if (isHere) state = segment.state;
  }
  if (written >= (to - from) * 0.999) return 'done';
  if (state === 'backingOff') return 'trouble';
  if (written > 0) return 'part';
  // Where the next byte of a segment will land.
  const isNext = segments.some(
    (segment) => segment.state === 'receiving' && segment.written >= from && segment.written < to,
  );
  return isNext ? 'receiving' : 'waiting';
}

function runs(cells: readonly Cell[]): { cell: Cell; count: number }[] {
  const result: { cell: Cell; count: number }[] = [];
  for (const cell of cells) {
    const last = result.at(-1);
    if (last?.cell === cell) last.count += 1;
    else result.push({ cell, count: 1 });
  }
  return result;
}
