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

  it('never give more columns than asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, most) => {
        expect(displayWidth(shorten(printable(text), most))).toBeLessThanOrEqual(most);
        expect(displayWidth(clip(printable(text), most))).toBeLessThanOrEqual(most);
      }),
    );
  });
});
