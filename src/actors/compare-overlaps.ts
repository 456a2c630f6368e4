import type { Entity } from '../machines/entity.ts';
import { type Failure, FailureError } from '../machines/failures.ts';
import { judgeAnswer, whyDifferent } from '../machines/response-rules.ts';
import { answerOf } from './answer-of.ts';
import type { Ports } from './ports.ts';
import { readExchange } from './read-exchange.ts';

interface Comparison extends Ports {
  /** What to compare, absolute offsets. */
  readonly pieces: readonly { readonly start: number; readonly end: number }[];
  /** What the answers must not contradict. */
  readonly entity: Entity | null;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Fetches a few small pieces that are on disk already and compares them, for
 * servers that give no strong validator. Resolves to null when all agree, else
 * to what differs.
 */
export async function compareOverlaps({
  source,
  storage,
  clock,
  pieces,
  entity,
  timeoutMs,
  signal,
}: Comparison): Promise<string | null> {
  for (const { start, end } of pieces) {
    const exchange = await source.open({ from: start, to: end, ifRange: null, timeoutMs }, signal);
    const verdict = judgeAnswer({ from: start, to: end }, answerOf(exchange.head, clock), entity);
    if (verdict.kind !== 'accepted') {
      exchange.cancel();
      // An overloaded server is one to ask again, not one that sends no parts.
      throw new FailureError(verdict.kind === 'refused' ? verdict.failure : notSent(exchange.head.status));
    }
    const difference = entity && whyDifferent(entity, verdict.entity);
    if (difference !== null) {
      exchange.cancel();
      return difference;
    }
    // The server may send less than was asked for: so much is compared.
    const theirs = await readExchange(exchange, verdict.take, { clock, timeoutMs, signal });
    if (theirs.length < verdict.take) throw new FailureError(endedEarly);
    const ours = await storage.read(start, verdict.take);
    if (Buffer.compare(theirs, ours) !== 0) return `the bytes from ${start} on are not those that were fetched before`;
  }
  return null;
}

function notSent(status: number): Failure {
  return {
    code: 'protocol',
    message: 'The server would not send a part of the file that is needed to see whether it has changed.',
    status,
    ...(status === 200 ? { withoutRanges: true } : {}),
  };
}

const endedEarly: Failure = { code: 'connection-lost', message: 'The server ended its answer too early.' };
