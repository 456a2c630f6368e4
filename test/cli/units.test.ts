import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCount, parseSeconds, parseSize } from '../../src/cli/units.ts';

describe('parseSize', () => {
  it.each([
    ['65536', 65_536],
    ['0', 0],
    ['500K', 512_000],
    ['500k', 512_000],
    ['500kb', 512_000],
    ['2M', 2_097_152],
    ['1MiB', 1_048_576],
    ['1 MiB', 1_048_576],
    ['1.5M', 1_572_864],
    ['1.25K', 1_280],
    ['.5k', 512],
    ['.25k', 256],
    ['3GB', 3_221_225_472],
    ['1T', 1_099_511_627_776],
    ['100B', 100],
    [' 7 ', 7],
  ])('reads %s', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each(['', 'x', '-1', '1e3', '0x10', 'M', '1.M', '1,5M', '5P', '1MM', '1iB M', '99999999T', '1 2', 'Infinity'])(
    'refuses %s',
    (text) => expect(parseSize(text)).toBeNull(),
  );

  it('gives back every whole number of bytes', () => {
    fc.assert(fc.property(fc.nat(), (bytes) => parseSize(String(bytes)) === bytes));
  });

  it('is total: a safe whole number or null, whatever is typed', () => {
    const typed = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,20} ?[kmgtKMGTib]{0,3}$/));
    fc.assert(
      fc.property(typed, (text) => {
        const bytes = parseSize(text);
        return bytes === null || (Number.isSafeInteger(bytes) && bytes >= 0);
      }),
    );
  });
});

describe('parseSeconds', () => {
  it.each([
    ['30', 30_000],
    ['0.5', 500],
    ['.25', 250],
    ['1.234', 1_234],
    [' 7 ', 7_000],
    ['0.0004', 0],
  ])('reads %s', (text, ms) => expect(parseSeconds(text)).toBe(ms));
  it.each(['', '-1', '1s', '1e3', 'x', '1.'])('refuses %s', (text) => expect(parseSeconds(text)).toBeNull());
});

describe('parseCount', () => {
  it.each([
    ['8', 8],
    ['123456789', 123_456_789],
    [' 12 ', 12],
    ['-1', -1],
    ['+4', 4],
    ['0', 0],
  ])('reads %s', (text, count) => expect(parseCount(text)).toBe(count));
  it.each(['', 'x', '1.5', '0x8', '8 8', '1e1'])('refuses %s', (text) => expect(parseCount(text)).toBeNull());
});
