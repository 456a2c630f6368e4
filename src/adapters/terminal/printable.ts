import { stripVTControlCharacters } from 'node:util';

/**
 * Text of others (names, URLs, messages) for a terminal: control, invisible and
 * bidirectional characters, escape sequences with them, become `?`.
 */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

/** Characters that take two columns: East Asian wide and fullwidth ones, and emoji (Unicode, annex 11). */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Characters that take none: they sit on the one before. */
const combining = /[\p{Mn}\p{Me}]/u;
const cutOff = /^[\p{Mn}\p{Me}]+/u;

/** Columns that a text takes on a terminal; colours take none. */
export function displayWidth(text: string): number {
  let columns = 0;
  for (const character of stripVTControlCharacters(text)) columns += widthOf(character);
  return columns;
}

function widthOf(character: string): number {
  if (combining.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Cuts a text to so many columns, in the middle, where names differ least. */
export function shorten(text: string, most: number): string {
  if (displayWidth(text) <= most) return text;
  if (most < 4) return take([...text], most);
  const head = Math.ceil((most - 1) / 2);
  const tail = take([...text].reverse(), most - 1 - head);
  // An accent whose letter has been cut off must not sit on the dots.
  const end = [...tail].reverse().join('').replace(cutOff, '');
  return `${take([...text], head)}…${end}`;
}

/** Cuts a sentence to so many columns, at its end. */
export function clip(text: string, most: number): string {
  if (displayWidth(text) <= most) return text;
  return most < 1 ? '' : `${take([...text], most - 1)}…`;
}

function take(characters: readonly string[], most: number): string {
  let columns = 0;
  let end = 0;
  for (const character of characters) {
    columns += widthOf(character);
    if (columns > most) break;
    end += 1;
  }
  return characters.slice(0, end).join('');
}
