/**
 * What an answer to our request may be believed: checked before a byte of it is
 * written. Rules of RFC 9110, sections 14.4 (Content-Range), 15.3.7 (206) and
 * 15.5.17 (416).
 */
import { formatDuration } from './amounts.ts';
import { compareEntities, type Entity } from './entity.ts';
import type { Failure } from './failures.ts';

/** The part of a response head that the rules need. Field names in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** From Retry-After, milliseconds. */
  readonly retryAfterMs: number | null;
}

export interface ContentRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** Null for `*`. */
  readonly size: number | null;
}

/** `bytes 0-9/100` or `bytes 0-9/*`; null when it is anything else. */
export function parseContentRange(value: string | undefined): ContentRange | null {
  const match = /^\s*bytes +(\d{1,16})-(\d{1,16}) ?\/ ?(\d{1,16}|\*)\s*$/i.exec(value ?? '');
  if (!match) return null;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  const size = match[3] === '*' ? null : Number(match[3]);
  const isSafe = [start, end, size ?? 0].every(Number.isSafeInteger);
  return isSafe && start < end && (size === null || end <= size) ? { start, end, size } : null;
}

/** The whole size out of a 416's `bytes * /100` (without the space); null when it does not say. */
export function parseUnsatisfiedSize(value: string | undefined): number | null {
  const match = /^\s*bytes +\* ?\/ ?(\d{1,16})\s*$/i.exec(value ?? '');
  const size = match ? Number(match[1]) : Number.NaN;
  return Number.isSafeInteger(size) ? size : null;
}

/** A Content-Length; equal repeated values count once (RFC 9110, section 8.6). `invalid` when it is there and is none. */
export function parseContentLength(value: string | undefined): number | null | 'invalid' {
  if (value === undefined) return null;
  const values = new Set(value.split(',').map((part) => part.trim()));
  const [only] = values;
  if (values.size !== 1 || only === undefined || !/^\d{1,16}$/.test(only)) return 'invalid';
  return Number.isSafeInteger(Number(only)) ? Number(only) : 'invalid';
}

/** What the head of an answer says of the entity; `size` is judged by the caller. */
export function entityOf(answer: Answer, size: number | null, acceptsRanges: boolean): Entity {
  const { headers } = answer;
  return {
    size,
    etag: headers.etag ?? null,
    lastModified: headers['last-modified'] ?? null,
    date: headers.date ?? null,
    acceptsRanges,
  };
}

export function isEncoded({ headers }: Answer): boolean {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  return coding !== '' && coding !== 'identity';
}

/** How an answer to a range may be used. */
export type RangeVerdict =
  /** The bytes from the offset asked for on, `take` of them. */
  | { readonly kind: 'accepted'; readonly entity: Entity; readonly take: number }
  /** The whole file from byte 0 (200). `sameness` is against what was known before. */
  | { readonly kind: 'whole'; readonly entity: Entity }
  /** The range lies beyond the end (416); `size` if the server tells. */
  | { readonly kind: 'unsatisfiable'; readonly size: number | null }
  | { readonly kind: 'refused'; readonly failure: Failure };

/**
 * Judges an answer to `Range: bytes=from-` or `bytes=from-(to-1)`; with `from`
 * null, to a request without a Range field.
 *
 * @param known the entity as known before; its size fills a `*`
 */
export function judgeAnswer(
  request: { readonly from: number | null; readonly to: number | null },
  answer: Answer,
  known: Entity | null,
): RangeVerdict {
  const length = parseContentLength(answer.headers['content-length']);
  if (length === 'invalid') return refuse('The server sent a length that is not a number.');
  switch (answer.status) {
    case 206:
      return judgePartial(request, answer, known, length);
    case 200: {
      if (isEncoded(answer)) return refuse('The server compressed the file although it was asked not to.');
      return { kind: 'whole', entity: entityOf(answer, length, false) };
    }
    case 416:
      return { kind: 'unsatisfiable', size: parseUnsatisfiedSize(answer.headers['content-range']) };
    default:
      return { kind: 'refused', failure: statusFailure(answer) };
  }
}

function judgePartial(
  { from, to }: { readonly from: number | null; readonly to: number | null },
  answer: Answer,
  known: Entity | null,
  length: number | null,
): RangeVerdict {
  if (from === null) return refuse('The server sent a part of the file although the whole was asked for.');
  if (isEncoded(answer)) return refuse('The server compressed a part of the file although it was asked not to.');
  const type = answer.headers['content-type']?.trim().toLowerCase() ?? '';
  // Whatever range it names besides: between the parts of its body are their heads.
  if (type.startsWith('multipart/byteranges')) {
    return refuse('The server sent several parts although one was asked for.');
  }
  const range = parseContentRange(answer.headers['content-range']);
  if (!range) return refuse('The server sent a part of the file without saying which one.');
  if (range.start !== from) {
    return refuse(`The server sent the bytes from ${range.start} on although those from ${from} were asked for.`);
  }
  if (length !== null && length !== range.end - range.start) {
    return refuse('The server announced a part of one length and a body of another.');
  }
  const size = range.size ?? known?.size ?? null;
  if (size !== null && range.end > size) return refuse('The server sent more of the file than there is.');
  const end = to === null ? range.end : Math.min(range.end, to);
  return { kind: 'accepted', entity: entityOf(answer, size, true), take: end - from };
}

/** Statuses after which the same request without a Range field is worth one more try. */
export function dislikesRange(status: number): boolean {
  return [400, 403, 405, 406, 409, 412, 416, 417, 501].includes(status);
}

/** The file is another one than before. */
export function changedFailure(reason: string): Failure {
  return { code: 'changed', message: `The file on the server has changed: ${reason}.`, reason };
}

/** Why an answer is of another entity; null when it may be the same. */
export function whyDifferent(known: Entity, seen: Entity): string | null {
  if (compareEntities(known, seen) !== 'different') return null;
  if (known.size !== null && seen.size !== null && known.size !== seen.size) {
    return `its size was ${known.size} bytes and is now ${seen.size}`;
  }
  return known.etag !== seen.etag ? 'it has another ETag' : 'it has another modification time';
}

function refuse(message: string): RangeVerdict {
  return { kind: 'refused', failure: { code: 'protocol', message } };
}

const meanings: Readonly<Record<number, string>> = {
  400: 'it did not understand the request',
  401: 'it wants a name and a password, or refuses those it was given; give them with -H "Authorization: ..." or in the URL',
  403: 'it refuses access to this file',
  404: 'there is no such file',
  407: 'a proxy wants a name and a password',
  408: 'it gave up waiting',
  410: 'the file is gone for good',
  429: 'it has had too many requests',
  451: 'the file is withheld for legal reasons',
  500: 'it has an error of its own',
  502: 'the server behind it answers wrongly',
  503: 'it is overloaded or being worked on',
  504: 'the server behind it does not answer',
};

function statusFailure({ status, retryAfterMs }: Answer): Failure {
  const meaning =
    meanings[status] ?? (status >= 500 ? 'it has an error of its own' : 'that is no answer to a download');
  return {
    code: 'http-status',
    message: `The server answered ${status}: ${meaning}.${retryAfterMs ? ` It asks to be left alone for ${formatDuration(Math.ceil(retryAfterMs / 1_000) * 1_000)}.` : ''}`,
    status,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    ...(status === 429 || status === 503 ? { pushBack: true } : {}),
  };
}
