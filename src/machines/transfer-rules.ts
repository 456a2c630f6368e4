import { compareEntities, type Entity } from './entity.ts';
import type { Failure } from './failures.ts';
import { type Answer, changedFailure, judgeAnswer, whyDifferent } from './response-rules.ts';

/** What the answer to a segment's request means. */
export type TransferVerdict =
  /** `isProved`: a strong validator says that it is of the same entity. */
  | { readonly kind: 'accepted'; readonly isProved: boolean }
  /** The host answers 200 to every If-Range: ask once more without it. */
  | { readonly kind: 'askUnconditionally' }
  /** It says that the range is beyond the end, but not where that is: see what the whole file is. */
  | { readonly kind: 'askWhole' }
  | { readonly kind: 'refused'; readonly failure: Failure };

/** Judges the answer to a segment's request, before a byte of it is written. */
export function judgeTransfer(
  request: { readonly from: number; readonly to: number | null; readonly conditional: boolean },
  answer: Answer,
  known: Entity,
): TransferVerdict {
  const asked = known.acceptsRanges ? request : { from: null, to: null };
  const verdict = judgeAnswer(asked, answer, known);
  switch (verdict.kind) {
    case 'accepted': {
      const reason = whyDifferent(known, verdict.entity);
      if (reason !== null) return refuse(changedFailure(reason));
      return { kind: 'accepted', isProved: compareEntities(known, verdict.entity) === 'same' };
    }
    case 'whole': {
      const reason = whyDifferent(known, verdict.entity);
      if (reason !== null) return refuse(changedFailure(reason));
      // Whatever was there before is written over: it is the only answer.
      if (!known.acceptsRanges) return { kind: 'accepted', isProved: true };
      if (!request.conditional) {
        return refuse({
          code: 'protocol',
          message: 'The server sent the whole file although a part was asked for.',
          reason: 'the server sends no parts of it any more',
          withoutRanges: true,
        });
      }
      return compareEntities(known, verdict.entity) === 'same'
        ? { kind: 'askUnconditionally' }
        : refuse(changedFailure('the server says that it is another version'));
    }
    case 'unsatisfiable':
      if (verdict.size === null && known.acceptsRanges) return { kind: 'askWhole' };
      return verdict.size !== null && verdict.size !== known.size
        ? refuse(changedFailure(`its size was ${known.size} bytes and is now ${verdict.size}`))
        : refuse({ code: 'protocol', message: 'The server says that a part of the file lies beyond its end.' });
    case 'refused':
      return verdict;
  }
}

/**
 * Judges the answer to a request without a Range, sent after one with it was
 * answered 416 without a size (Apache, lighttpd). Its body is not wanted.
 */
export function judgeWholeInstead(answer: Answer, known: Entity): Failure {
  const verdict = judgeAnswer({ from: null, to: null }, answer, known);
  if (verdict.kind === 'refused') return verdict.failure;
  const reason = verdict.kind === 'whole' ? whyDifferent(known, verdict.entity) : null;
  if (reason !== null) return changedFailure(reason);
  return {
    code: 'protocol',
    message: 'The server says that a part of the file lies beyond its end, although the file is as long as before.',
    reason: 'the server does not send some of its parts',
    withoutRanges: true,
  };
}

function refuse(failure: Failure): TransferVerdict {
  return { kind: 'refused', failure };
}
