import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseRetryAfter } from '../../src/machines/retry-after.ts';

const now = Date.UTC(1994, 10, 6, 8, 49, 7);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 3 ', 3_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 30_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 30_000],
    ['Sun Nov  6 08:49:37 1994', 30_000],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
    [undefined, null],
    ['', null],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
    ['1994-11-06T08:49:37Z', null],
    ['Sun, 99 Nov 1994 08:49:37 GMT', null],
    ['9999999999999999999', null],
    ['x Sun, 06 Nov 1994 08:49:37 GMT', null],
    ['Sun, 06 Nov 1994 08:49:37 GMT (soon)', null],
    ['Sun, 06 Nov 1994 08:49:37', null],
  ])('182 %s gives %s', (text, ms) => {
    expect(parseRetryAfter(text, now)).toBe(ms);
  });

  it('takes a date without a zone for GMT, wherever it is read', () => {
    vi.stubEnv('TZ', 'Asia/Tokyo');
    expect(parseRetryAfter('Sun Nov  6 08:49:37 1994', now)).toBe(30_000);
  });

  it('gives a number of milliseconds or nothing, whatever it reads', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^(Mon|Sun), [0-9A-Za-z :-]{10,30}$/)), (text) => {
        const ms = parseRetryAfter(text, now);
        if (ms !== null) expect(ms).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
