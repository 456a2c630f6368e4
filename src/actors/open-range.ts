import { type Entity, rangeValidator } from '../machines/entity.ts';
import { FailureError } from '../machines/failures.ts';
import { judgeTransfer, judgeWholeInstead } from '../machines/transfer-rules.ts';
import { answerOf } from './answer-of.ts';
import type { Exchange, Ports } from './ports.ts';

/** What the transfers of a download learn of the server for one another. */
export interface Lessons {
  ifRangeWorks: boolean;
}

interface Wanted {
  readonly entity: Entity;
  readonly from: number;
  /** Exclusive; null for "to the end". */
  readonly to: number | null;
  readonly timeoutMs: number;
}

/**
 * Asks for a range, or for the whole of a file that comes in one piece, and
 * judges the answer. Resolves to null when it was called off.
 * @throws FailureError what stands against the answer
 */
export async function openRange(
  { source, clock, lessons }: Pick<Ports, 'source' | 'clock'> & { readonly lessons: Lessons },
  { entity, from, to, timeoutMs }: Wanted,
  signal: AbortSignal,
): Promise<{ readonly exchange: Exchange; readonly isProved: boolean } | null> {
  const range = entity.acceptsRanges ? { from, to } : { from: null, to: null };
  for (;;) {
    const ifRange = entity.acceptsRanges && lessons.ifRangeWorks ? rangeValidator(entity) : null;
    const exchange = await source.open({ ...range, ifRange, timeoutMs }, signal);
    const answer = answerOf(exchange.head, clock);
    const verdict = judgeTransfer({ from, to, conditional: ifRange !== null }, answer, entity);
    if (verdict.kind === 'accepted' && !signal.aborted) return { exchange, isProved: verdict.isProved };
    exchange.cancel();
    if (signal.aborted) return null;
    if (verdict.kind === 'refused') throw new FailureError(verdict.failure);
    if (verdict.kind === 'askWhole') {
      const whole = await source.open({ from: null, to: null, ifRange: null, timeoutMs }, signal);
      whole.cancel();
      throw new FailureError(judgeWholeInstead(answerOf(whole.head, clock), entity));
    }
    lessons.ifRangeWorks = false;
  }
}
