import type { Answer } from '../machines/response-rules.ts';
import { parseRetryAfter } from '../machines/retry-after.ts';
import type { ClockPort, ResponseHead } from './ports.ts';

/** The part of a response head that the rules judge. */
export function answerOf(head: ResponseHead, clock: ClockPort): Answer {
  return {
    status: head.status,
    headers: head.headers,
    retryAfterMs: parseRetryAfter(head.headers['retry-after'], clock.wall()),
  };
}
