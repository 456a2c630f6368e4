/** Numbers as people type them. Pure; each answers with a number, or null for what is none. */

const powers: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

/**
 * `65536`, `500K`, `1.5M`, `1MiB`, `2 GB`: bytes. All units are binary, since
 * K and KiB are meant to be the same here; rounded to whole bytes.
 */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,16}(?:\.\d{1,9})?|\.\d{1,9}) ?([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (!match) return null;
  const bytes = Math.round(Number(match[1]) * 1024 ** (powers[match[2]?.toLowerCase() ?? ''] ?? 0));
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** `30`, `0.5`: seconds, given back in whole milliseconds. */
export function parseSeconds(text: string): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})$/.exec(text.trim());
  return match ? Math.round(Number(match[1]) * 1_000) : null;
}

/** `12`: a whole number, a negative one too, so that its range can be named in the answer. */
export function parseCount(text: string): number | null {
  return /^[+-]?\d{1,9}$/.test(text.trim()) ? Number(text) : null;
}
