import type { SegmentView } from '../../machines/events.ts';
import type { Style } from './style.ts';

/** What a cell of the map shows: the least finished of the bytes that it stands for. */
type Cell = 'done' | 'part' | 'receiving' | 'waiting' | 'trouble';

const glyphs: Readonly<Record<Cell, readonly [unicode: string, ascii: string]>> = {
  done: ['█', '#'],
  part: ['▄', '='], // drawn as one of the levels
  receiving: ['▒', '>'],
  waiting: ['░', '.'],
  trouble: ['×', '!'],
};

/** A part of a cell, as high as it is full. */
const levels = [...'▁▂▃▄▅▆▇'];

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
  const cells = Array.from({ length: width }, (_, index) => {
    const [from, to] = [(index * total) / width, ((index + 1) * total) / width];
    const cell = cellOf(segments, from, to);
    const [unicode, ascii] = glyphs[cell];
    if (!style.unicode) return { cell, glyph: ascii };
    return { cell, glyph: cell === 'part' ? levelOf(segments, from, to) : unicode };
  });
  return runs(cells)
    .map(({ cell, text }) => style.paint(tones[cell], text))
    .join('');
}

function levelOf(segments: readonly SegmentView[], from: number, to: number): string {
  const written = segments.reduce(
    (sum, { start, end, written }) => sum + Math.max(0, Math.min(written, end ?? to, to) - Math.max(start, from)),
    0,
  );
  const level = Math.min(levels.length - 1, Math.floor((written / (to - from)) * levels.length));
  return levels[level] ?? '';
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

/** Neighbours of one kind are painted together. */
function runs(cells: readonly { cell: Cell; glyph: string }[]): { cell: Cell; text: string }[] {
  const result: { cell: Cell; text: string }[] = [];
  for (const { cell, glyph } of cells) {
    const last = result.at(-1);
    if (last?.cell === cell) last.text += glyph;
    else result.push({ cell, text: glyph });
  }
  return result;
}
