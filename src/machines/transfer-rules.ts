import { compareEntities, type Entity } from './entity.ts';
import type { Failure } from './failures.ts';
import { type Answer, changedFailure, judgeAnswer, whyDifferent } from './response-rules.ts';

/** What the answer to a segment's request means. */
export type TransferVerdict =
  | { readonly kind: 'accepted' }
  /** The host answers 200 to every If-Range: ask once more without it. */
  | { readonly kind: 'askUnconditionally' }
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
      return reason === null ? { kind: 'accepted' } : refuse(changedFailure(reason));
    }
    case 'whole': {
      const reason = whyDifferent(known, verdict.entity);
      if (reason !== null) return refuse(changedFailure(reason));
      if (!known.acceptsRanges) return { kind: 'accepted' };
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
      return verdict.size !== null && verdict.size !== known.size
        ? refuse(changedFailure(`its size was ${known.size} bytes and is now ${verdict.size}`))
        : refuse({ code: 'protocol', message: 'The server says that a part of the file lies beyond its end.' });
    case 'refused':
      return verdict;
  }
}

function refuse(failure: Failure): TransferVerdict {
  return { kind: 'refused', failure };
}
