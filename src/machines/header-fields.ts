/** Header fields that the user wants sent (RFC 9110, section 5). */

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

/** Null when the field can be sent, else a sentence that says what is wrong, without the value: it may be a secret. */
export function checkHeader(name: string, value: string): string | null {
  if (typeof name !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
    return 'The name of one of the headers cannot be used.';
  if (ours.has(name.toLowerCase())) return `The header ${name} is set by multidown itself and cannot be given.`;
  return checkFieldValue(value) ? null : `The value of the header ${name} has characters that cannot be sent.`;
}

/** Tab, space, visible ASCII and Latin-1: nothing that could end the line. Programs without types may give anything. */
export function checkFieldValue(value: string): boolean {
  return typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}
