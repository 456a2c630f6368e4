import { describe, expect, it } from 'vitest';
import { checkOptions } from '../../src/machines/check-options.ts';
import { type DownloadOptions, defaultOptions } from '../../src/machines/options.ts';

const allowed: [keyof DownloadOptions, (number | 'auto' | null)[], RegExp][] = [
  ['connections', [1, 32, 64, 'auto'], /connections must be auto or a whole number from 1 to 64/],
  ['minSplit', [null, 16_384, 2 ** 40], /least size of a split must be at least 16384/],
  ['retries', [0, 5, 1_000], /retries must be a whole number from 0 to 1000/],
  ['timeoutMs', [1, 30_000, 2 ** 31 - 1], /timeout must be between/],
  ['rateLimit', [null, 1, 2 ** 40], /rate limit must be a whole number/],
];
const wrong: Record<string, unknown[]> = {
  connections: [0, 65, -1, 1.5],
  minSplit: [0, 16_383, -1, 2 ** 53],
  retries: [-1, 1_001, 0.5],
  timeoutMs: [0, -1, 2 ** 31, 0.5],
  rateLimit: [0, -1, 0.5, 2 ** 53],
};

describe('checkOptions', () => {
  it('takes the defaults', () => {
    expect(checkOptions(defaultOptions)).toBeNull();
  });

  it.each(allowed)('%s: takes what is in the range', (name, values) => {
    for (const value of values) expect(checkOptions({ ...defaultOptions, [name]: value })).toBeNull();
  });

  it.each(['ifExists', 'ifChanged'])('%s: takes its words, and no others', (name) => {
    expect(checkOptions({ ...defaultOptions, [name]: 'ask' })).toBeNull();
    expect(checkOptions({ ...defaultOptions, [name]: 'bogus' })).toMatch(
      new RegExp(`^${name} must be one of ask, .*fail, not bogus\\.$`),
    );
  });

  it.each(allowed)('%s: says what is wrong, with the value', (name, _, sentence) => {
    for (const value of [...(wrong[name] ?? []), Number.NaN, Number.POSITIVE_INFINITY, 'x']) {
      const said = checkOptions({ ...defaultOptions, [name]: value } as DownloadOptions);
      expect(said).toMatch(sentence);
      expect(said).toContain(`not ${value}`);
    }
  });
});
