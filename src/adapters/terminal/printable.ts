/**
 * Text of others (names, URLs, messages) for a terminal: control, invisible and
 * bidirectional characters, escape sequences with them, become `?`.
 */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

/** Cuts a text to so many characters, in the middle, where names differ least. */
export function shorten(text: string, most: number): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  if (most < 4) return characters.slice(0, Math.max(0, most)).join('');
  const head = Math.ceil((most - 1) / 2);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (most - 1 - head)).join('')}`;
}
