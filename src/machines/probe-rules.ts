import { compareEntities, type Entity } from './entity.ts';
import type { Failure } from './failures.ts';
import { type Answer, dislikesRange, entityOf, judgeAnswer, whyDifferent } from './response-rules.ts';

/** One request of a probe. The first has both a Range and, at a resume, an If-Range. */
export interface ProbeRequest {
  readonly from: number;
  /** With a Range field. */
  readonly ranged: boolean;
  /** With an If-Range field. */
  readonly conditional: boolean;
  /** All bytes are there already: it is only asked whether they are of this file. */
  readonly isComplete?: boolean;
}

/** What an answer to a probe means. */
export type ProbeVerdict =
  /** The body is the file from `offset` on. */
  | { readonly kind: 'found'; readonly entity: Entity; readonly offset: number }
  /** The same, once bytes on disk have been compared with the server's: no validator proves it. */
  | { readonly kind: 'compare'; readonly entity: Entity; readonly offset: number }
  /** A file of no bytes. */
  | { readonly kind: 'empty'; readonly entity: Entity }
  | { readonly kind: 'again'; readonly request: ProbeRequest }
  | { readonly kind: 'changed'; readonly reason: string }
  | { readonly kind: 'refused'; readonly failure: Failure };

/**
 * Judges the answer to a probe.
 *
 * @param known the entity that the partial is of; null at a first start
 */
export function judgeProbe(request: ProbeRequest, answer: Answer, known: Entity | null): ProbeVerdict {
  const verdict = judgeAnswer({ from: request.ranged ? request.from : null, to: null }, answer, known);
  const withoutRange: ProbeRequest = { ...request, from: 0, ranged: false, conditional: false };
  switch (verdict.kind) {
    case 'accepted':
      // "*" for the size and none known: how much is missing cannot be told, so take the file in one piece.
      if (verdict.entity.size === null) return { kind: 'again', request: withoutRange };
      return known === null
        ? { kind: 'found', entity: verdict.entity, offset: request.from }
        : judgeResumed(request, verdict.entity, known);
    case 'whole':
      return judgeWhole(request, verdict.entity, known);
    case 'unsatisfiable':
      if (known === null && verdict.size === 0) return { kind: 'empty', entity: emptyEntity(answer) };
      if (known !== null && verdict.size !== null && verdict.size !== known.size) {
        return { kind: 'changed', reason: `its size was ${known.size} bytes and is now ${verdict.size}` };
      }
      if (known !== null && isProvedComplete(request, entityOf(answer, verdict.size, true), known)) {
        return { kind: 'found', entity: known, offset: request.from };
      }
      return request.ranged
        ? { kind: 'again', request: withoutRange }
        : {
            kind: 'refused',
            failure: { code: 'protocol', message: 'The server refused a range that was not asked for.' },
          };
    case 'refused':
      return request.ranged && verdict.failure.code === 'http-status' && dislikesRange(answer.status)
        ? { kind: 'again', request: withoutRange }
        : verdict;
  }
}

function judgeResumed(request: ProbeRequest, entity: Entity, known: Entity): ProbeVerdict {
  const reason = whyDifferent(known, entity);
  if (reason !== null) return { kind: 'changed', reason };
  const kind = compareEntities(known, entity) === 'same' ? 'found' : 'compare';
  return { kind, entity, offset: request.from };
}

function judgeWhole(request: ProbeRequest, entity: Entity, known: Entity | null): ProbeVerdict {
  if (known !== null) {
    const reason = whyDifferent(known, entity);
    if (reason !== null) return { kind: 'changed', reason };
    if (isProvedComplete(request, entity, known)) return { kind: 'found', entity: known, offset: request.from };
    if (request.conditional) {
      // Some hosts answer 200 to every If-Range. Without it they may send the
      // range, whose validators then are compared.
      return compareEntities(known, entity) === 'same'
        ? { kind: 'again', request: { ...request, conditional: false } }
        : { kind: 'changed', reason: 'the server says that it is another version' };
    }
  }
  return entity.size === 0 ? { kind: 'empty', entity } : { kind: 'found', entity, offset: 0 };
}

/** Nothing is missing, and what was answered, whatever its status, is of the same file: no byte of it is needed. */
function isProvedComplete(request: ProbeRequest, seen: Entity, known: Entity): boolean {
  return request.isComplete === true && known.size === seen.size && compareEntities(known, seen) === 'same';
}

function emptyEntity({ headers }: Answer): Entity {
  return {
    size: 0,
    etag: headers.etag ?? null,
    lastModified: headers['last-modified'] ?? null,
    date: headers.date ?? null,
    acceptsRanges: false,
  };
}
