import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Failure, FailureCode } from '../../src/machines/failures.ts';
import { isRetriable, LONGEST_RETRY_AFTER_MS, type Retry, retryDelay, withVerdict } from '../../src/machines/retry.ts';

const failure = (code: FailureCode, more: Partial<Failure> = {}): Failure => ({ code, message: '', ...more });
const retry = (more: Partial<Retry> = {}): Retry => ({ attempt: 0, retries: 5, jitter: 0, established: true, ...more });

describe('isRetriable', () => {
  const always: FailureCode[] = ['connection-lost', 'timeout', 'network'];
  const established: FailureCode[] = ['connection-refused', 'host-not-found'];
  const never: FailureCode[] = [
    'invalid-url',
    'invalid-option',
    'invalid-path',
    'declined',
    'target-exists',
    'partial-exists',
    'interrupted',
    'tls-untrusted',
    'too-many-redirects',
    'redirect-refused',
    'protocol',
    'changed',
    'digest-mismatch',
    'disk-full',
    'disk',
    'checkpoint-damaged',
    'in-use',
    'unexpected',
  ];
  it.each(always)('%s: always', (code) => {
    expect([true, false].map((known) => isRetriable(failure(code), known))).toEqual([true, true]);
  });
  it.each(established)('%s: once the server has answered', (code) => {
    expect([true, false].map((known) => isRetriable(failure(code), known))).toEqual([true, false]);
  });
  it.each(never)('%s: never', (code) => {
    expect([true, false].map((known) => isRetriable(failure(code), known))).toEqual([false, false]);
  });
  it.each([
    [408, true, true],
    [425, true, true],
    [429, true, true],
    [500, true, false],
    [501, false, false],
    [502, true, true],
    [503, true, true],
    [504, true, true],
    [400, false, false],
    [401, false, false],
    [403, false, false],
    [404, false, false],
    [410, false, false],
    [undefined, false, false],
  ])('181 status %s', (status, known, unknown) => {
    const one = failure('http-status', status === undefined ? {} : { status });
    expect([true, false].map((is) => isRetriable(one, is))).toEqual([known, unknown]);
  });
});

describe('retryDelay', () => {
  it('183 doubles up to half a minute', () => {
    const delays = Array.from({ length: 9 }, (_, attempt) =>
      retryDelay(failure('timeout'), retry({ attempt, retries: 9, jitter: 0 })),
    );
    expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  it('183 gives up when the attempts are spent', () => {
    expect(retryDelay(failure('timeout'), retry({ attempt: 4 }))).not.toBeNull();
    expect(retryDelay(failure('timeout'), retry({ attempt: 5 }))).toBeNull();
    expect(retryDelay(failure('timeout'), retry({ retries: 0 }))).toBeNull();
  });

  it('182 waits as long as the server asks, but not for ever', () => {
    const asked = (retryAfterMs: number) => retryDelay(failure('http-status', { status: 503, retryAfterMs }), retry());
    expect(asked(0)).toBe(250);
    expect(asked(20_000)).toBe(20_000);
    expect(asked(LONGEST_RETRY_AFTER_MS)).toBe(LONGEST_RETRY_AFTER_MS);
    expect(asked(LONGEST_RETRY_AFTER_MS + 1)).toBeNull();
  });

  it('183 lies between half and the whole of the back-off, and no less than was asked', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.option(fc.nat(LONGEST_RETRY_AFTER_MS)),
        (attempt, jitter, asked) => {
          const one = failure('timeout', asked === null ? {} : { retryAfterMs: asked });
          const delay = retryDelay(one, retry({ attempt, retries: 5_000, jitter }));
          const longest = Math.min(30_000, 500 * 2 ** attempt);
          expect(delay).toBeGreaterThanOrEqual(Math.max(asked ?? 0, longest / 2));
          expect(delay).toBeLessThanOrEqual(Math.max(asked ?? 0, longest));
        },
      ),
    );
  });
});

describe('the last failure', () => {
  const refusal = (retryAfterMs: number) => failure('http-status', { status: 503, retryAfterMs });

  it('says after how many attempts it was given up', () => {
    expect(withVerdict(failure('timeout'), retry({ attempt: 5 }))).toEqual({
      ...failure('timeout'),
      message: `${failure('timeout').message} multidown gave up after 6 attempts in a row.`,
    });
    expect(withVerdict(refusal(7_000), retry({ attempt: 7 })).message).toMatch(/gave up after 8 attempts in a row\.$/);
  });

  it('says that the server asks for a longer rest than is kept', () => {
    for (const attempt of [0, 5])
      expect(withVerdict(refusal(LONGEST_RETRY_AFTER_MS + 1), retry({ attempt }))).toEqual({
        ...refusal(LONGEST_RETRY_AFTER_MS + 1),
        message: `${refusal(0).message} multidown waits 5 min 00 s at most, so start the same command again when that time has passed.`,
      });
  });

  it.each([
    ['is followed by another attempt', failure('timeout'), { attempt: 4 }],
    ['is followed by another attempt, after a rest', refusal(LONGEST_RETRY_AFTER_MS), { attempt: 4 }],
    ['was the only one, as was wanted', failure('timeout'), { retries: 0 }],
    ['nothing could have helped', failure('changed'), { attempt: 5 }],
    ['nothing could have helped, whatever was asked', failure('http-status', { status: 404, retryAfterMs: 1e9 }), {}],
    ['was of a server that never answered', failure('host-not-found'), { attempt: 5, established: false }],
  ] as const)('stays as it is where it %s', (_, one, change) => {
    expect(withVerdict(one, retry(change))).toEqual(one);
  });
});
