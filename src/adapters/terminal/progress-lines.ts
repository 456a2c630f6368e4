import type { Figures } from '../../machines/events.ts';
import { formatBytes, formatClock, formatDuration, formatPercent, formatSpeed, formatSpeeds } from './format.ts';
import { keyLines, shortKeyLines } from './key-lines.ts';
import { clip, displayWidth } from './printable.ts';
import { segmentMap } from './segment-map.ts';
import type { Style } from './style.ts';
import { wrapWords } from './wrap-words.ts';

export interface ProgressView {
  readonly figures: Figures;
  readonly isPaused: boolean;
  readonly canPause: boolean;
  readonly canSplit: boolean;
  readonly showsKeys: boolean;
  /** A warning; empty for none. */
  readonly notice: string;
  /** Wall clock, milliseconds since 1970. */
  readonly now: number;
}

/** Columns and rows that there are. */
export interface Room {
  readonly width: number;
  readonly height: number;
}

/** Wider than this, a bar tells no more. */
const WIDEST_BAR = 60;
/** Width of the labels and the gap behind them. */
const LABEL = 10;
/** Below this many columns there is no room for labels. */
const NARROW = 44;

type Name = 'progress' | 'received' | 'speed' | 'time' | 'mode' | 'segments' | 'note' | 'keys';

/** What goes first where there are too few rows. The bar goes last. */
const leastNeeded: readonly Name[] = ['segments', 'mode', 'received', 'time', 'speed', 'keys', 'note'];

/** The screen of a running download, line by line; none is wider than `width` columns, and they are `height` at most. */
export function progressLines(view: ProgressView, { width, height }: Room, style: Style): string[] {
  const room = width < NARROW ? width : width - LABEL;
  const { figures, isPaused, notice } = view;
  const fitting = (texts: readonly string[]) =>
    texts.find((text) => displayWidth(text) <= room) ?? clip(texts.at(-1) ?? '', room);
  const note = noticeLines(notice, room);
  const map = segmentMap(figures.segments, figures.total, Math.min(room, WIDEST_BAR), style);
  const parts = new Map<Name, readonly string[]>([
    ['progress', [bar(figures, room, style)]],
    ['received', [fitting(received(figures))]],
    ['speed', [fitting(speeds(figures, isPaused))]],
    ['time', [fitting(times(view))]],
    ['mode', [fitting(modes(figures, isPaused))]],
    ['segments', map === '' ? [] : [map]],
    ['note', note],
    ['keys', keysFor(view, room, height - note.length - 1)],
  ]);
  const rows = () => [...parts.values()].reduce((sum, lines) => sum + lines.length, 0);
  for (const name of leastNeeded) if (rows() > height) parts.delete(name);
  return [...parts].flatMap(([name, lines]) => {
    if (width < NARROW) return lines;
    return lines.map((line, index) => style.paint('dim', (index === 0 ? name : '').padEnd(LABEL)) + line);
  });
}

/** The fullest list of keys that fits under the bar; the reminder where none does. */
function keysFor(view: ProgressView, room: number, most: number): readonly string[] {
  const lists = [keyLines(view, room), ...(view.showsKeys ? [shortKeyLines(view, room)] : [])];
  return lists.find((lines) => lines.length <= most) ?? keyLines({ ...view, showsKeys: false }, room);
}

/** Rows that a notice may take beside figures. */
const NOTICE_ROWS = 2;

/** A warning in so many lines at most; none for an empty one. */
export function noticeLines(notice: string, room: number, rows = NOTICE_ROWS): readonly string[] {
  if (notice === '') return [];
  const lines = wrapWords(notice, room);
  const last = lines.slice(rows - 1).join(' ');
  return [...lines.slice(0, rows - 1), ...(last === '' ? [] : [last])].map((line) => clip(line, room));
}

function bar({ fraction }: Figures, room: number, style: Style): string {
  const percent = formatPercent(fraction);
  if (fraction === null) return clip('size unknown', room);
  const cells = Math.min(WIDEST_BAR, room) - 8;
  if (cells < 4) return clip(percent, room);
  const full = Math.floor(cells * Math.min(1, fraction));
  // Of two shapes, so that it is a bar without colours, too.
  const [done, rest] = style.unicode ? ['━', '─'] : ['#', '-'];
  return `${style.paint('accent', done.repeat(full))}${style.paint('dim', rest.repeat(cells - full))} ${percent.padStart(7)}`;
}

/** Width of `1023.9 KiB`: no number of bytes is longer. */
const LONGEST_BYTES = 10;
const MIB = 1024 * 1024;

/*
 * The texts from here on, each from long to short. Numbers that something
 * stands behind are as wide at every moment: nothing moves but digits.
 */

function received({ bytes, total }: Figures): string[] {
  const here = formatBytes(bytes);
  if (total === null) return [`${here} of unknown`, here];
  const all = formatBytes(total);
  const text = `${here.padStart(total < MIB ? all.length : LONGEST_BYTES)} of ${all}`;
  return [`${text}, remaining ${formatBytes(total - bytes)}`, text, `${here} of ${all}`, here];
}

function speeds({ speed }: Figures, isPaused: boolean): string[] {
  const { least, mean, best } = speed;
  const now = isPaused ? 0 : speed.now;
  return [formatSpeeds({ now, least, mean, best }), formatSpeeds({ now, mean }), formatSpeed(now)];
}

function times({ figures, isPaused, now }: ProgressView): string[] {
  const left = formatDuration(isPaused ? null : figures.remainingMs);
  const started = formatClock(figures.startedAt, now);
  const passed = formatDuration(figures.elapsedMs).padStart('59 s'.length);
  return [
    `started ${started}, passed ${passed}, left ${left}`,
    `since ${started}, ${passed}, left ${left}`,
    `passed ${passed}, left ${left}`,
    `left ${left}`,
  ];
}

function modes({ connections: { active, limit, isAuto }, rateLimit }: Figures, isPaused: boolean): string[] {
  const some = String(active).padStart(String(limit).length);
  const plural = active === 1 ? 'one connection' : `${active} connections`;
  const count = isAuto
    ? `${plural}, as many as pay`
    : limit === 1
      ? 'one connection'
      : `${some} of ${limit} connections`;
  const state = isPaused ? 'paused' : count;
  const short = isPaused ? 'paused' : isAuto ? `${active}, auto` : limit === 1 ? 'one' : `${some} of ${limit}`;
  if (rateLimit === null) return [state, short];
  const most = formatSpeed(rateLimit);
  return [`${state}, limited to ${most}`, `${short}, at most ${most}`, `at most ${most}`, most];
}
