import type { Figures } from '../../machines/events.ts';
import { formatBytes, formatClock, formatDuration, formatPercent, formatSpeed, formatSpeeds } from './format.ts';
import { clip, displayWidth } from './printable.ts';
import { segmentMap } from './segment-map.ts';
import type { Style } from './style.ts';

export interface ProgressView {
  readonly figures: Figures;
  readonly isPaused: boolean;
  readonly showsKeys: boolean;
  /** A warning; empty for none. */
  readonly notice: string;
  /** Wall clock, milliseconds since 1970. */
  readonly now: number;
}

/** Wider than this, a bar tells no more. */
const WIDEST_BAR = 60;
/** Width of the labels and the gap behind them. */
const LABEL = 10;
/** Below this many columns there is no room for labels. */
const NARROW = 44;

/** The screen of a running download, line by line; none is wider than `width` characters. */
export function progressLines(view: ProgressView, width: number, style: Style): string[] {
  const { figures } = view;
  const isNarrow = width < NARROW;
  const room = isNarrow ? width : width - LABEL;
  /** @param texts the first that fits is shown, else as much of the last as does */
  const line = (label: string, ...texts: string[]) => {
    const text = texts.find((candidate) => displayWidth(candidate) <= room) ?? clip(texts.at(-1) ?? '', room);
    return isNarrow ? text : style.paint('dim', label.padEnd(LABEL)) + text;
  };
  const { least, mean, best } = figures.speed;
  const now = view.isPaused ? 0 : figures.speed.now;
  const left = formatDuration(view.isPaused ? null : figures.remainingMs);
  const started = formatClock(figures.startedAt, view.now);
  const passed = formatDuration(figures.elapsedMs);
  const map = segmentMap(figures.segments, figures.total, Math.min(room, WIDEST_BAR), style);
  const lines = [
    (isNarrow ? '' : style.paint('dim', 'progress'.padEnd(LABEL))) + bar(figures, room, style),
    line('received', ...received(figures)),
    line('speed', formatSpeeds({ now, least, mean, best }), formatSpeeds({ now, mean }), formatSpeed(now)),
    line(
      'time',
      `started ${started}, passed ${passed}, left ${left}`,
      `passed ${passed}, left ${left}`,
      `left ${left}`,
    ),
    line('mode', ...modes(figures, view.isPaused)),
    ...(map === '' ? [] : [(isNarrow ? '' : style.paint('dim', 'segments'.padEnd(LABEL))) + map]),
    ...(view.notice === '' ? [] : [line('note', view.notice)]),
    ...keyLines(view, room).map((text, index) => line(index === 0 ? 'keys' : '', text)),
  ];
  return lines;
}

function bar({ fraction }: Figures, room: number, style: Style): string {
  const percent = formatPercent(fraction);
  if (fraction === null) return clip('size unknown', room);
  const cells = Math.min(WIDEST_BAR, room) - 8;
  if (cells < 4) return clip(percent, room);
  const full = Math.floor(cells * Math.min(1, fraction));
  const [done, rest] = style.unicode ? ['━', '━'] : ['#', '-'];
  return `${style.paint('accent', done.repeat(full))}${style.paint('dim', rest.repeat(cells - full))} ${percent.padStart(7)}`;
}

function received({ bytes, total }: Figures): string[] {
  if (total === null) return [`${formatBytes(bytes)} of unknown`, formatBytes(bytes)];
  const all = formatBytes(total);
  // As wide as the whole, so that what stands behind does not move.
  const text = `${formatBytes(bytes).padStart(all.length)} of ${all}`;
  return [`${text}, ${formatBytes(total - bytes)} remaining`, text, formatBytes(bytes)];
}

function modes({ connections: { active, limit }, rateLimit }: Figures, isPaused: boolean): string[] {
  const count = limit === 1 ? 'one connection' : `${active} of ${limit} connections`;
  const state = isPaused ? 'paused' : count;
  const short = isPaused ? 'paused' : `${active} of ${limit}`;
  return rateLimit === null ? [state, short] : [`${state}, limited to ${formatSpeed(rateLimit)}`, state, short];
}

function keyLines({ isPaused, showsKeys }: ProgressView, room: number): string[] {
  const pause = isPaused ? 'resume' : 'pause';
  if (!showsKeys) {
    const texts = [`space ${pause}   esc stop   + - connections   ? keys`, `space ${pause}  ? keys`, '? keys'];
    return [texts.find((text) => text.length <= room) ?? ''];
  }
  return [
    `space, p  ${pause}`,
    'esc, q    stop and keep',
    '+, -      connections',
    'Ctrl-C    stop; twice: at once',
    '?         hide this list',
  ];
}
