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
  if (!httpDate.test(text)) return null;
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** IMF-fixdate, RFC 850 and asctime dates begin with the day of the week. */
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? [0-9A-Za-z :-]{10,30}$/;
