/** Amounts as people read them, wherever a sentence has one. Pure; binary units, since that is what they are. */

export const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** The unit in which a number of bytes, once it is rounded, is below 1024. */
export function unitOf(bytes: number): number {
  const power = Math.floor(Math.log2(Math.max(1, bytes)) / 10);
  // 1023.96 KiB would be written as 1024.0 KiB.
  const rounded = Number(inUnit(bytes, Math.max(0, power))) >= 1024 ? power + 1 : power;
  return Math.min(units.length - 1, Math.max(0, rounded));
}

/** A number of bytes in one of the units, without its name. */
export function inUnit(bytes: number, unit: number): string {
  return unit === 0 ? String(Math.round(bytes)) : (bytes / 1024 ** unit).toFixed(1);
}

/** `0 B`, `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const unit = unitOf(bytes);
  return `${inUnit(bytes, unit)} ${units[unit]}`;
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

/** For a wait to come, which is often short: `0.3 s`, `12 s`, `3 min 20 s`. */
export function formatWait(ms: number): string {
  return ms < 9_950 ? `${Math.max(0.1, ms / 1_000).toFixed(1)} s` : formatDuration(ms);
}
