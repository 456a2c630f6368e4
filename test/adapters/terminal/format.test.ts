import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatClock,
  formatDuration,
  formatPercent,
  formatSpeed,
  formatSpeeds,
} from '../../../src/adapters/terminal/format.ts';

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

describe('speeds', () => {
  it('of one kind', () => {
    expect(formatSpeed(1.5 * MIB)).toBe('1.5 MiB/s');
    expect(formatSpeed(null)).toBe('unknown');
  });

  it('of several kinds share a unit and stand in columns', () => {
    expect(formatSpeeds({ now: 9 * MIB, least: 300 * KIB, best: 16.25 * MIB })).toBe(
      'now   9.0  least   0.3  best  16.3 MiB/s',
    );
    expect(formatSpeeds({ now: null, mean: null })).toBe('now     -  mean     - B/s');
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

describe('formatPercent', () => {
  it.each([
    [null, ''],
    [0, '0.0 %'],
    [0.6249, '62.4 %'],
    [0.99999, '99.9 %'],
    [1, '100.0 %'],
    [1.2, '100.0 %'],
  ])('%s is %s', (fraction, text) => {
    expect(formatPercent(fraction)).toBe(text);
  });
});

describe('formatClock', () => {
  const at = new Date(2026, 0, 2, 9, 5, 7).getTime();

  it('tells the time, and the day only when it is another', () => {
    expect(formatClock(at, new Date(2026, 0, 2, 23, 0).getTime())).toBe('09:05:07');
    expect(formatClock(at, new Date(2026, 0, 3, 0, 0).getTime())).toBe('2026-01-02 09:05:07');
  });
});
