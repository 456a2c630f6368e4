import { parseHttpDate } from './http-date.ts';

/**
 * A Retry-After field (RFC 9110, section 10.2.3): seconds, or a date in one of
 * the three forms of section 5.6.7.
 *
 * @param now wall clock, milliseconds since 1970
 * @returns milliseconds from now, 0 for the past; null when the field is none
 */
export function parseRetryAfter(value: string | undefined, now: number): number | null {
  const text = value?.trim() ?? '';
  if (/^\d{1,15}$/.test(text)) return Number(text) * 1_000;
  const date = parseHttpDate(text);
  return date === null ? null : Math.max(0, date - now);
}
