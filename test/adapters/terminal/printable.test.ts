import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, displayWidth, printable, shorten } from '../../../src/adapters/terminal/printable.ts';

/** C0 and C1 controls, and what changes the direction of writing or hides. */
const obeyed = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x2069],
] as const;

function isObeyed(code: number): boolean {
  return obeyed.some(([first, last]) => code >= first && code <= last);
}

describe('printable', () => {
  it.each([
    ['plain.iso', 'plain.iso'],
    ['größe 文件 🎉.iso', 'größe 文件 🎉.iso'],
    ['a\u001b[31mred\u001b[0m', 'a?[31mred?[0m'],
    ['a\u001b]0;title\u0007b', 'a?]0;title?b'],
    ['a\r\nb\tc', 'a??b?c'],
    ['a\u009b31mb', 'a?31mb'],
    ['gpj.\u202eexe', 'gpj.?exe'],
    ['zero\u200bwidth\ufeff', 'zero?width?'],
    ['line\u2028and\u2029paragraph', 'line?and?paragraph'],
    ['half \ud800 pair', 'half ? pair'],
  ])('%j', (text, wanted) => {
    expect(printable(text)).toBe(wanted);
  });

  it('leaves nothing that a terminal obeys, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const left = [...printable(text)].filter((character) => isObeyed(character.codePointAt(0) ?? 0));
        expect(left).toEqual([]);
      }),
    );
  });
});

describe('displayWidth', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['文件', 4],
    ['ｗｉｄｅ', 8],
    ['🎉', 2],
    ['e\u0301', 1],
    ['\u001b[31mred\u001b[0m', 3],
    ['━█░⠋✔', 5],
    ['a\u20dd', 1],
    ['\u10ff\u1100\u115f\u1160', 6],
    ['\u{1f1e6}\u{20000}\u{3fffd}', 6],
  ])('%j takes %d columns', (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });
});

describe('shorten and clip', () => {
  it('keep what fits and show where they cut', () => {
    expect(shorten('file.iso', 8)).toBe('file.iso');
    expect(shorten('a-very-long-name.iso', 11)).toBe('a-ver…e.iso');
    expect(shorten('文件文件文件.iso', 9)).toBe('文件….iso');
    expect(clip('a sentence', 10)).toBe('a sentence');
    expect(clip('a sentence', 6)).toBe('a sen…');
    expect(clip('a sentence', 0)).toBe('');
  });

  it('cut in the middle, at the edges of what has two columns', () => {
    expect(shorten('abcdefgh', 4)).toBe('ab…h');
    expect(shorten('abcdefgh', 3)).toBe('abc');
    expect(shorten('abcdefgh', 5)).toBe('ab…gh');
    expect(shorten('abcdefgh', 0)).toBe('');
    expect(shorten('文件文件', 4)).toBe('文…');
    expect(shorten('文件文件', 3)).toBe('文');
    expect(clip('文件', 3)).toBe('文…');
    expect(clip('文件', 2)).toBe('…');
    expect(clip('ab', 1)).toBe('…');
    expect(clip('', 0)).toBe('');
  });

  it('leave no accent behind whose letter was cut off', () => {
    const accented = 'e\u0301\u0327'.repeat(5);
    expect(shorten(accented, 4)).toBe('e\u0301\u0327e\u0301\u0327…e\u0301\u0327');
    expect(clip(accented, 2)).toBe('e\u0301\u0327…');
  });

  it('never give more columns than asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, most) => {
        expect(displayWidth(shorten(printable(text), most))).toBeLessThanOrEqual(most);
        expect(displayWidth(clip(printable(text), most))).toBeLessThanOrEqual(most);
      }),
    );
  });
});
