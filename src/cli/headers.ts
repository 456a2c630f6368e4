import { isAddress } from '../machines/download-url.ts';

/** Fields that say how the bytes are framed or which of them are wanted: they are the program's own business. */
const ours = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'if-range',
  'keep-alive',
  'range',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Reads `Name: value` (RFC 9110, section 5).
 *
 * @returns the field, or a sentence that says what is wrong, without the value: it may be a secret
 */
export function parseHeader(text: string): readonly [string, string] | string {
  // Its own text was forgotten, and what followed the option was taken for it.
  if (isAddress(text)) return 'A header is written as "Name: value", and one of them is a URL: its text is missing.';
  const at = text.indexOf(':');
  if (at < 0) return 'A header is written as "Name: value", and one of them has no colon.';
  const name = text.slice(0, at).trim();
  const value = text.slice(at + 1).trim();
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    return 'A header is written as "Name: value", and the name of one of them cannot be used.';
  }
  if (ours.has(name.toLowerCase())) return `The header ${name} is set by multidown itself and cannot be given.`;
  return checkFieldValue(value) ? [name, value] : `The value of the header ${name} has characters that cannot be sent.`;
}

/** Tab, space, visible ASCII and Latin-1: nothing that could end the line. */
export function checkFieldValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}
