/** Figures as people read them, in the same words as on the terminal. */
import { formatBytes, formatDuration } from '../../../machines/amounts.ts';

export { formatBytes, formatDuration } from '../../../machines/amounts.ts';

/** `6.0–12.0 MiB`, as short as it can be told; `?` for an end that is unknown. */
export function formatRange(start: number, end: number | null): string {
  if (end === null) return `${formatBytes(start)}–?`;
  const [[from, unit], [to, other]] = [formatBytes(start).split(' '), formatBytes(end).split(' ')];
  if (start === 0) return `0–${to} ${other}`;
  return unit === other ? `${from}–${to} ${unit}` : `${from} ${unit}–${to} ${other}`;
}

/** `1.5 MiB/s`; `unknown` for null. */
export function formatSpeed(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? 'unknown' : `${formatBytes(bytesPerSecond)}/s`;
}

/** `62.4 %`; 100 only when it is all there. Empty for null. */
export function formatPercent(fraction: number | null): string {
  if (fraction === null) return '';
  return `${(Math.min(1_000, Math.floor(fraction * 1_000)) / 10).toFixed(1)} %`;
}

/** `10:15:02` in local time; with the day when it is not today's. */
export function formatClock(at: number, now: number): string {
  const date = new Date(at);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** `10:15:02.045`: for events, of which there are many in a second. */
export function formatMoment(at: number): string {
  const date = new Date(at);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `12`, or `12 ms`, or `1.25 s`: how far two moments are apart. */
export function formatOffset(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(2)} s` : formatDuration(ms);
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** The last part of a path of any system. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) || path;
}

/** The name that a URL suggests, until the server has said one. */
export function nameOfUrl(url: string): string {
  try {
    const { pathname, hostname } = new URL(url);
    const last = pathname.split('/').at(-1) ?? '';
    return last === '' ? hostname : decodeURIComponent(last);
  } catch {
    return url;
  }
}

/**
 * Text of others for one line: control, invisible and bidirectional characters,
 * which could make a name look like another, become a visible mark.
 */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
