import { isAddress } from '../machines/download-url.ts';
import { checkHeader } from '../machines/header-fields.ts';

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
  const field = [text.slice(0, at).trim(), text.slice(at + 1).trim()] as const;
  return checkHeader(...field) ?? field;
}
