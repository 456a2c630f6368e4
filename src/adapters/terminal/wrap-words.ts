import { displayWidth } from './printable.ts';

/**
 * A sentence in lines of at most so many columns, broken between words. A word
 * that is longer (a path, say) is left whole: the terminal breaks it, and it
 * can be copied in one piece.
 *
 * @param whole the text's beginning that counts as one word, whatever is in it
 */
export function wrapWords(text: string, columns: number, whole = ''): string[] {
  const start = text.startsWith(whole) ? whole : '';
  const [first = '', ...rest] = text.slice(start.length).split(' ');
  const lines: string[] = [];
  let line = start + first;
  for (const word of rest) {
    const longer = `${line} ${word}`;
    if (displayWidth(longer) <= columns) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}
