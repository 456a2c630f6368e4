/** Figures as people read them. Pure; binary units, since that is what they are. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** The unit in which a number of bytes, once it is rounded, is below 1024. */
function unitOf(bytes: number): number {
  const power = Math.floor(Math.log2(Math.max(1, bytes)) / 10);
  // 1023.96 KiB would be written as 1024.0 KiB.
  const rounded = Number(inUnit(bytes, Math.max(0, power))) >= 1024 ? power + 1 : power;
  return Math.min(units.length - 1, Math.max(0, rounded));
}

function inUnit(bytes: number, unit: number): string {
  return unit === 0 ? String(Math.round(bytes)) : (bytes / 1024 ** unit).toFixed(1);
}

/** `0 B`, `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const unit = unitOf(bytes);
  return `${inUnit(bytes, unit)} ${units[unit]}`;
}

/** `1.5 MiB/s`; `unknown` for null. */
export function formatSpeed(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? 'unknown' : `${formatBytes(bytesPerSecond)}/s`;
}

/** Digits before and behind the point that a speed seldom exceeds: its line does not jump. */
const SPEED_DIGITS = 5;

/** Several speeds in one unit: `now  15.9  least   9.0  mean  12.8  best  16.2 MiB/s`. */
export function formatSpeeds(speeds: Readonly<Record<string, number | null>>): string {
  const known = Object.values(speeds).filter((speed) => speed !== null);
  const unit = unitOf(Math.max(0, ...known));
  const parts = Object.entries(speeds).map(
    ([name, speed]) => `${name} ${(speed === null ? '-' : inUnit(speed, unit)).padStart(SPEED_DIGITS)}`,
  );
  return `${parts.join('  ')} ${units[unit]}/s`;
}

/** `12 s`, `3 min 07 s`, `1 h 02 min`, `2 d 03 h`; `unknown` for null. */
export function formatDuration(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return 'unknown';
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const two = (number: number) => String(number).padStart(2, '0');
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${two(Math.floor((seconds % 3_600) / 60))} min`;
  return `${Math.floor(seconds / 86_400)} d ${two(Math.floor((seconds % 86_400) / 3_600))} h`;
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
