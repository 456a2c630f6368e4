import { describe, expect, it } from 'vitest';
import { restBeforeRedirect, systemAfter } from '../../../src/adapters/http/redirect-rest.ts';
import type { FailureError } from '../../../src/machines/failures.ts';
import { LONGEST_RETRY_AFTER_MS } from '../../../src/machines/retry.ts';

const answer = (retryAfter: string | null) => ({ status: 307, retryAfter, now: 0 });
const failureOf = (rest: Promise<number>) =>
  rest.then(
    () => null,
    (error: FailureError) => error.failure,
  );

/** Time passes when the test says so. */
function stopped() {
  const waits: { readonly ms: number; readonly done: () => void; isOver: boolean }[] = [];
  const after = (ms: number, done: () => void) => {
    const wait = { ms, done, isOver: false };
    waits.push(wait);
    return () => {
      wait.isOver = true;
    };
  };
  return { after, waits };
}

describe('a rest before a redirect', () => {
  it.each([null, '0', 'soon'])('83 is none where the answer asks for %j', async (field) => {
    const { after, waits } = stopped();
    expect(await restBeforeRedirect(answer(field), 5, { after, signal: AbortSignal.abort() })).toBe(5);
    expect(waits).toEqual([]);
  });

  it('83 is as long as the answer asks for, and counts what was rested before', async () => {
    const { after, waits } = stopped();
    const { signal } = new AbortController();
    const rest = restBeforeRedirect(answer('7'), 5, { after, signal });
    expect(waits.map(({ ms }) => ms)).toEqual([7_000]);
    waits[0]?.done();
    expect(await rest).toBe(7_005);
  });

  it('83 is as long as any Retry-After at most, over a whole chain', async () => {
    const { after, waits } = stopped();
    const { signal } = new AbortController();
    const rested = LONGEST_RETRY_AFTER_MS - 7_000;
    void restBeforeRedirect(answer('7'), rested, { after, signal });
    expect(waits).toHaveLength(1);
    expect(await failureOf(restBeforeRedirect(answer('7'), rested + 1, { after, signal }))).toEqual({
      code: 'http-status',
      message: 'The server redirects (307), and asks for 7 s of waiting before that: too long.',
      status: 307,
      retryAfterMs: 7_000,
    });
    expect(waits).toHaveLength(1);
  });

  it('83 ends when it is stopped, before it or while it lasts', async () => {
    const dropped = { code: 'interrupted', message: 'The request was dropped.' };
    for (const isBefore of [true, false]) {
      const { after, waits } = stopped();
      const stop = new AbortController();
      if (isBefore) stop.abort();
      const rest = failureOf(restBeforeRedirect(answer('7'), 0, { after, signal: stop.signal }));
      stop.abort();
      expect([await rest, waits[0]?.isOver]).toEqual([dropped, true]);
    }
  });

  it('leaves nothing behind at the signal', async () => {
    const { after, waits } = stopped();
    const stop = new AbortController();
    const rest = restBeforeRedirect(answer('7'), 0, { after, signal: stop.signal });
    waits[0]?.done();
    await rest;
    stop.abort();
    expect(waits[0]?.isOver).toBe(false);
  });
});

describe('the time of the system', () => {
  it('calls back once, unless it was told not to', async () => {
    const called: string[] = [];
    systemAfter(0, () => called.push('stopped'))();
    await new Promise<void>((resolve) => void systemAfter(1, resolve));
    expect(called).toEqual([]);
  });
});
