/** Figures as people read them. Pure. */
import { formatBytes, inUnit, unitOf, units } from '../../machines/amounts.ts';

export { formatBytes, formatDuration } from '../../machines/amounts.ts';

/** `1.5 MiB/s`; `unknown` for null. */
export function formatSpeed(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? 'unknown' : `${formatBytes(bytesPerSecond)}/s`;
}

/** Widths of `1023` and of `KiB`: a line of speeds does not jump. */
const SPEED_DIGITS = 4;
const UNIT = 3;

/** Several speeds, each in its own unit: `now 15.9 MiB  least  9.0 MiB  mean  980 KiB  best 16.2 MiB/s`. */
export function formatSpeeds(speeds: Readonly<Record<string, number | null>>): string {
  const parts = Object.entries(speeds).map(([name, speed]) => {
    const unit = unitOf(speed ?? 0);
    const number = speed === null ? '-' : inUnit(speed, unit);
    // Of three digits before the point none behind it matters.
    const digits = number.length > SPEED_DIGITS ? String(Math.floor(Number(number))) : number;
    return `${name} ${digits.padStart(SPEED_DIGITS)} ${(units[unit] ?? '').padEnd(UNIT)}`;
  });
  return `${parts.join('  ').trimEnd()}/s`;
}

/** `10:15:02` in local time; with the day when it is not today's. */
export function formatClock(at: number, now: number): string {
  const date = new Date(at);
  const two = (number: number) => String(number).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** `62.4 %`; 100 only when it is all there. Empty for null. */
export function formatPercent(fraction: number | null): string {
  if (fraction === null) return '';
  const tenths = Math.min(1_000, Math.floor(fraction * 1_000));
  return `${(tenths / 10).toFixed(1)} %`;
}
