import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** How a test server serves its one file. All of it may be changed while the server runs. */
export interface OriginBehaviour {
  /** Answer ranges with 206. Default true. */
  ranges: boolean;
  /** `announced`: Content-Length. `chunked`: none. `close`: none, the end is the connection's. Default announced. */
  length: 'announced' | 'chunked' | 'close';
  /** Default strong. */
  etag: 'strong' | 'weak' | 'none';
  /** Send Last-Modified. Default true. */
  lastModified: boolean;
  /** Look at If-Range; when false a 206 follows whatever it says. Default true. */
  honoursIfRange: boolean;
  /** A Content-Disposition field, as it stands. */
  contentDisposition: string | null;
  /** Each connection gets so many bytes a second; which connection it is, counted from 1, may matter. Default Infinity. */
  bytesPerSecond: number | ((connection: number) => number);
  /** Given what was sent over all requests: how many bytes more may go now. Default null: any number. */
  room: ((bytesSent: number) => number) | null;
  /** Milliseconds before the head of each answer. Default 0. */
  latencyMs: number;
  /** Answers under way at once; those beyond get 503. Default Infinity. */
  maxConnections: number;
  /** Retry-After of such a 503, seconds; null sends none. Default 1. */
  retryAfter: number | null;
  /** Path to Location. `{ '/loop': '/loop' }` is a loop. */
  redirects: Readonly<Record<string, string>>;
  /** 301, 302, 303, 307 or 308. Default 302. */
  redirectStatus: number;
  /** Says what to do with this request; null or undefined serves it normally. */
  script: ((request: OriginRequest) => OriginFault | null | undefined) | null;
}

export const plainBehaviour: OriginBehaviour = {
  ranges: true,
  length: 'announced',
  etag: 'strong',
  lastModified: true,
  honoursIfRange: true,
  contentDisposition: null,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  room: null,
  latencyMs: 0,
  maxConnections: Number.POSITIVE_INFINITY,
  retryAfter: 1,
  redirects: {},
  redirectStatus: 302,
  script: null,
};

export interface OriginRequest {
  /** 0 for the first one that the server saw. */
  readonly index: number;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** The Range field, as it stands; null when there is none. */
  readonly range: string | null;
}

/** What may go wrong with one answer. */
export type OriginFault =
  /** Another answer altogether. */
  | { readonly status: number; readonly headers?: OutgoingHttpHeaders; readonly body?: string }
  /** The connection is reset before a head is sent. */
  | { readonly reset: true }
  /** After so many bytes of the body the connection is cut. */
  | { readonly cutAfter: number }
  /** After so many bytes of the body nothing comes any more; the connection stays. */
  | { readonly stallAfter: number }
  /** No head ever comes. */
  | { readonly silent: true }
  /** The normal answer with these header fields changed; undefined removes one. */
  | { readonly headers: Readonly<Record<string, string | undefined>> };

/** One line of the server's log. It fills in as the answer goes on. */
export interface OriginLogEntry extends OriginRequest {
  /** Which connection brought it, from 1. */
  readonly connection: number;
  /** 0 while no head was sent. */
  status: number;
  /** Bytes of the body that were handed to the system. */
  bytesSent: number;
  /** `open` until the answer is over; `complete` when all of it was sent. */
  end: 'open' | 'complete' | 'cut';
}

export interface Version {
  readonly size: number;
  readonly etag: string;
  readonly lastModified: string;
}

/** Head of a normal answer, with the bytes that belong to it. */
export interface OriginAnswer {
  readonly status: 200 | 206 | 416;
  readonly headers: Record<string, string>;
  readonly start: number;
  readonly end: number;
}

/** RFC 9110, sections 13.1.5, 14.2 and 15.5.17. Several ranges at once are answered with the whole file. */
export function answerFor(request: OriginRequest, file: Version, behaviour: OriginBehaviour): OriginAnswer {
  const headers: Record<string, string> = { 'content-type': 'application/octet-stream' };
  if (behaviour.etag !== 'none') headers.etag = behaviour.etag === 'weak' ? `W/${file.etag}` : file.etag;
  if (behaviour.lastModified) headers['last-modified'] = file.lastModified;
  if (behaviour.contentDisposition !== null) headers['content-disposition'] = behaviour.contentDisposition;
  if (behaviour.ranges) headers['accept-ranges'] = 'bytes';

  const whole: OriginAnswer = { status: 200, headers, start: 0, end: file.size };
  if (!behaviour.ranges || request.range === null || !isCurrent(request, headers, behaviour)) return whole;
  const range = parseRange(request.range, file.size);
  if (range === null) return whole;
  if (range === 'unsatisfiable') {
    return { status: 416, headers: { 'content-range': `bytes */${file.size}` }, start: 0, end: 0 };
  }
  headers['content-range'] = `bytes ${range.start}-${range.end - 1}/${file.size}`;
  return { status: 206, headers, ...range };
}

function isCurrent({ headers }: OriginRequest, own: Record<string, string>, { honoursIfRange }: OriginBehaviour) {
  const asked = headers['if-range'];
  if (asked === undefined || !honoursIfRange) return true;
  // A weak validator never matches here.
  return asked === own['last-modified'] || (asked === own.etag && !String(asked).startsWith('W/'));
}

function parseRange(field: string, size: number): { start: number; end: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(field.trim());
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const [, first = '', last = ''] = match;
  if (first === '') return size > 0 ? { start: Math.max(0, size - Number(last)), end: size } : 'unsatisfiable';
  const start = Number(first);
  const end = last === '' ? size : Math.min(size, Number(last) + 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= size ? 'unsatisfiable' : { start, end };
}
