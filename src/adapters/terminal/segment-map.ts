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

const tones = { done: 'accent', part: 'accent', receiving: 'accent', waiting: 'dim', trouble: 'warn' } as const;

/**
 * The file from its first byte to its last in `width` cells, as the segments
 * fill it.
 *
 * @param total bytes; null, as 0, leaves nothing to draw
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
      return style.paint(tones[cell], glyph);
    })
    .join('');
}

function cellOf(segments: readonly SegmentView[], from: number, to: number): Cell {
  const here = segments.filter((segment) => segment.start < to && (segment.end ?? to) > from);
  const open = here.filter((segment) => segment.written < Math.min(segment.end ?? to, to));
  if (open.length === 0) return here.length > 0 ? 'done' : 'waiting';
  if (open.some(({ state }) => state === 'backingOff')) return 'trouble';
  if (here.some(({ start, written }) => written > Math.max(start, from))) return 'part';
  // Where the next byte of a segment will land.
  return open.some(({ state, written }) => state === 'receiving' && written >= from) ? 'receiving' : 'waiting';
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
