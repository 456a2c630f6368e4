import { FailureError } from '../../machines/failures.ts';
import { LONGEST_RETRY_AFTER_MS } from '../../machines/retry.ts';
import { parseRetryAfter } from '../../machines/retry-after.ts';

/** Calls back once after so many milliseconds, unless the returned function is called first. */
export type After = (ms: number, done: () => void) => () => void;

export const systemAfter: After = (ms, done) => {
  const timer = setTimeout(done, ms);
  return () => clearTimeout(timer);
};

/**
 * Waits before a redirect is followed for as long as its Retry-After asks
 * (RFC 9110, section 10.2.3), all those of a chain together no longer than any
 * other Retry-After.
 *
 * @param rested what earlier ones of the chain took, milliseconds
 * @returns what all of them took
 * @throws FailureError `http-status` when that is too long, `interrupted` by the signal
 */
export async function restBeforeRedirect(
  answer: { readonly status: number; readonly retryAfter: string | null; readonly now: number },
  rested: number,
  { after, signal }: { readonly after: After; readonly signal: AbortSignal },
): Promise<number> {
  const asked = parseRetryAfter(answer.retryAfter ?? undefined, answer.now) ?? 0;
  if (asked === 0) return rested;
  const { status } = answer;
  if (rested + asked > LONGEST_RETRY_AFTER_MS) {
    const message = `The server redirects (${status}), and asks for ${Math.ceil(asked / 1_000)} s of waiting before that: too long.`;
    throw new FailureError({ code: 'http-status', message, status, retryAfterMs: asked });
  }
  await new Promise<void>((resolve, reject) => {
    const stop = after(asked, () => {
      signal.removeEventListener('abort', leave);
      resolve();
    });
    const leave = () => {
      stop();
      reject(new FailureError({ code: 'interrupted', message: 'The request was dropped.' }));
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  return rested + asked;
}
