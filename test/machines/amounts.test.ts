import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatWait } from '../../src/machines/amounts.ts';

const KIB = 1024;
const MIB = KIB ** 2;
const GIB = KIB ** 3;

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [MIB - 1, '1.0 MiB'],
    [MIB - 100, '1023.9 KiB'],
    [128 * MIB, '128.0 MiB'],
    [GIB - 1, '1.0 GiB'],
    [5.5 * GIB, '5.5 GiB'],
    [3 * KIB ** 4, '3.0 TiB'],
    [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('never has more than ten characters and never reads 1024 of a unit', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        const text = formatBytes(bytes);
        expect(text.length).toBeLessThanOrEqual(10);
        expect(Number.parseFloat(text)).toBeLessThan(1024);
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [null, 'unknown'],
    [Number.POSITIVE_INFINITY, 'unknown'],
    [Number.NaN, 'unknown'],
    [-5, '0 s'],
    [0, '0 s'],
    [499, '0 s'],
    [12_000, '12 s'],
    [59_400, '59 s'],
    [59_600, '1 min 00 s'],
    [187_000, '3 min 07 s'],
    [3_599_600, '1 h 00 min'],
    [3_720_000, '1 h 02 min'],
    [86_399_000, '23 h 59 min'],
    [86_400_000, '1 d 00 h'],
    [183_600_000, '2 d 03 h'],
  ])('%s ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('formatWait', () => {
  it.each([
    [0, '0.1 s'],
    [249, '0.2 s'],
    [1_460, '1.5 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [200_000, '3 min 20 s'],
  ])('%d is %s', (ms, text) => expect(formatWait(ms)).toBe(text));
});
