import type { Figures } from '../../machines/events.ts';
import { formatBytes, formatClock, formatDuration, formatPercent, formatSpeeds } from './format.ts';
import { clip } from './printable.ts';
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
  const line = (label: string, text: string, short = text) => {
    const cut = clip(text.length <= room ? text : short, room);
    return isNarrow ? cut : style.paint('dim', label.padEnd(LABEL)) + cut;
  };
  const { now, least, mean, best } = figures.speed;
  const left = formatDuration(view.isPaused ? null : figures.remainingMs);
  const started = formatClock(figures.startedAt, view.now);
  const passed = formatDuration(figures.elapsedMs);
  const map = segmentMap(figures.segments, figures.total, Math.min(room, WIDEST_BAR), style);
  const lines = [
    (isNarrow ? '' : style.paint('dim', 'progress'.padEnd(LABEL))) + bar(figures, room, style),
    line('received', received(figures), formatBytes(figures.bytes)),
    line('speed', formatSpeeds({ now: view.isPaused ? 0 : now, least, mean, best }), formatSpeeds({ now })),
    line('time', `started ${started}, passed ${passed}, left ${left}`, `passed ${passed}, left ${left}`),
    line('mode', mode(figures, view.isPaused)),
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

function received({ bytes, total }: Figures): string {
  if (total === null) return `${formatBytes(bytes)} of unknown`;
  const [here, all, rest] = [bytes, total, total - bytes].map(formatBytes);
  // As wide as the whole, so that what stands behind does not move.
  return `${here?.padStart(all?.length ?? 0)} of ${all}, ${rest} remaining`;
}

function mode({ connections: { active, limit }, rateLimit }: Figures, isPaused: boolean): string {
  const count = limit === 1 ? 'one connection' : `${active} of ${limit} connections`;
  const limited = rateLimit === null ? '' : `, limited to ${formatBytes(rateLimit)}/s`;
  return isPaused ? `paused${limited}` : count + limited;
}

function keyLines({ isPaused, showsKeys }: ProgressView, room: number): string[] {
  const pause = isPaused ? 'resume' : 'pause';
  if (!showsKeys) {
    const short = `space ${pause}  ? keys`;
    const long = `space ${pause}   esc stop   + - connections   ? keys`;
    return [long.length <= room ? long : short];
  }
  return [
    `space, p  ${pause}`,
    'esc, q    stop and keep',
    '+, -      connections',
    'Ctrl-C    stop; twice: at once',
    '?         hide this list',
  ];
}
