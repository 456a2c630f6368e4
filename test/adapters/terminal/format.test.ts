import { describe, expect, it } from 'vitest';
import { formatClock, formatPercent, formatSpeed, formatSpeeds } from '../../../src/adapters/terminal/format.ts';

const KIB = 1024;
const MIB = KIB ** 2;

describe('speeds', () => {
  it('of one kind', () => {
    expect(formatSpeed(1.5 * MIB)).toBe('1.5 MiB/s');
    expect(formatSpeed(null)).toBe('unknown');
  });

  it('of several kinds have each its own unit and stand in columns', () => {
    expect(formatSpeeds({ now: 9 * MIB, least: 300 * KIB, best: 16.25 * MIB })).toBe(
      'now  9.0 MiB  least  300 KiB  best 16.3 MiB/s',
    );
    expect(formatSpeeds({ now: 98, mean: 204, best: 3.4 * KIB })).toBe('now   98 B    mean  204 B    best  3.4 KiB/s');
    expect(formatSpeeds({ now: 1023.9 * KIB, mean: null })).toBe('now 1023 KiB  mean    - B/s');
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
