import type { Dispatcher } from 'undici';
import type { Exchange, RangeRequest, SourcePort } from '../../actors/ports.ts';
import { FailureError } from '../../machines/failures.ts';
import { CONNECTIONS_MAX } from '../../machines/options.ts';
import { redactUrl } from '../../machines/redact-url.ts';
import { parseRetryAfter } from '../../machines/retry-after.ts';
import { type AgentOptions, createAgent } from './agent.ts';
import { sortCredentials } from './credentials.ts';
import { failureOf } from './failures.ts';
import { HostWatch, limitOf } from './host-limits.ts';
import { HttpExchange, UnheardError } from './http-exchange.ts';
import type { RawHeaders } from './raw-headers.ts';
import { ReadPace } from './read-pace.ts';
import { readText } from './read-text.ts';
import { isRedirect, redirectTarget } from './redirect.ts';
import { type After, restBeforeRedirect, systemAfter } from './redirect-rest.ts';
import { type SlabLedger, sharedLedger } from './slab-reader.ts';
import { suggestName } from './suggested-name.ts';

export interface HttpSourceOptions extends AgentOptions {
  /** With its secrets: userinfo becomes an Authorization field. */
  readonly url: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly userAgent: string;
  /** Instead of an agent of its own; not closed with the source. */
  readonly dispatcher?: Dispatcher;
  /** Memory to read into; that of all downloads of the process unless given. */
  readonly ledger?: SlabLedger;
  readonly observe?: (request: RequestLog) => void;
  /** The clock's, to wait with before a redirect is followed. */
  readonly after?: After;
}

/** One request as a log may have it. */
export interface RequestLog {
  readonly method: 'GET';
  /** Redacted. */
  readonly url: string;
  /** The Range field; null without one. */
  readonly range: string | null;
  /** Null when no answer came. */
  readonly status: number | null;
  /** Until the head was here, or until it failed. */
  readonly ms: number;
  /** The failure's code; null when an answer came. */
  readonly failure: string | null;
}

const MOST_REDIRECTS = 10;
/** Statuses that ask for fewer connections. */
const isPushBack = new Set([429, 503]);
/** Statuses of a final URL whose time has run out. */
const expired = new Set([400, 401, 403, 404, 410]);
/** So often a place is given up for a new one within one request. */
const MOST_RENEWALS = 2;

interface Place {
  readonly url: URL;
  /** Still the origin that the credentials were given for, on every step so far. */
  readonly isTrusted: boolean;
}

let count = 0;

/** The one resource of a download, over HTTP/1.1: one connection for each request under way. */
export function createHttpSource(options: HttpSourceOptions): SourcePort {
  const { url, plain, secret } = sortCredentials(options.url, options.headers ?? []);
  const { ledger = sharedLedger } = options;
  const pace = new ReadPace();
  const { agent, isReusing } = options.dispatcher
    ? { agent: options.dispatcher, isReusing: () => false }
    : createAgent(options, ledger, pace);
  const open = new Set<HttpExchange>();
  // To be told from other downloads of the same host.
  const guest = {};
  let watch: HostWatch | null = null;
  const first: Place = { url, isTrusted: true };
  let final: Place = first;

  function moveTo(place: Place): void {
    final = place;
    watch?.moveTo(place.url.host);
  }

  /** Sends again what a resting connection swallowed as it ended: each time there is one less of those. */
  async function send(place: Place, request: RangeRequest, signal: AbortSignal) {
    for (let count = 1; ; count += 1) {
      try {
        return await sendOnce(place, request, signal);
      } catch (error) {
        if (!(error instanceof UnheardError)) throw error;
        if (count > CONNECTIONS_MAX) throw new FailureError(failureOf(error.cause, place.url.host, false));
      }
    }
  }

  async function sendOnce(place: Place, request: RangeRequest, signal: AbortSignal) {
    const range = rangeField(request);
    const started = performance.now();
    const note = (status: number | null, failure: string | null) =>
      options.observe?.({
        method: 'GET',
        url: redactUrl(place.url.href),
        range,
        status,
        ms: performance.now() - started,
        failure,
      });
    const limit = limitOf(place.url.host);
    const release = await limit.acquire(guest, signal);
    if (signal.aborted) {
      release();
      throw new FailureError({ code: 'interrupted', message: 'The request was dropped.' });
    }
    const exchange = new HttpExchange(place.url.host, {
      onOver: (failure) => {
        open.delete(exchange);
        // Before its place is given to whoever waits: the host does not want another request now.
        if (failure?.pushBack) limit.pushBack(0);
        release();
      },
      hold: (chunk) => ledger.hold(chunk),
      isReused: isReusing,
    });
    const abort = () => exchange.cancel();
    try {
      signal.addEventListener('abort', abort);
      open.add(exchange);
      const fields = [
        ['accept', '*/*'],
        ['user-agent', options.userAgent],
        ...plain,
        ...(place.isTrusted ? secret : []),
        // Ranges of a compressed form would be ranges of another file.
        ['accept-encoding', 'identity'],
        ...(range === null ? [] : [['range', range]]),
        ...(request.ifRange === null ? [] : [['if-range', request.ifRange]]),
        ...(request.wantsDigest ? [['want-repr-digest', 'sha-256=10, sha-512=9']] : []),
      ] as [string, string][];
      agent.dispatch(
        {
          origin: place.url.origin,
          // `search` is empty for a query that is, and its question mark is part of the address.
          path: place.url.href.slice(place.url.origin.length),
          method: 'GET',
          headers: lastOfEach(fields),
          headersTimeout: request.timeoutMs,
          bodyTimeout: request.timeoutMs,
        },
        exchange,
      );
      const head = await exchange.head;
      note(head.status, null);
      if (isPushBack.has(head.status)) {
        limit.pushBack(parseRetryAfter(head.headers.get('retry-after') ?? undefined, Date.now()) ?? 0);
      }
      return { exchange, ...head };
    } catch (error) {
      open.delete(exchange);
      const isUnheard = error instanceof UnheardError;
      const failure = failureOf(isUnheard ? error.cause : error, place.url.host, false);
      release();
      note(null, failure.code);
      if (isUnheard) throw error;
      throw new FailureError(failure, { cause: error });
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async function follow(start: Place, request: RangeRequest, signal: AbortSignal) {
    let place = start;
    let rested = 0;
    const seen = new Set<string>();
    for (let count = 1; ; count += 1) {
      const answer = await send(place, request, signal);
      if (!isRedirect(answer.status)) return { ...answer, place };
      // The body of a redirect is of no use, however long it is.
      answer.exchange.cancel();
      seen.add(place.url.href);
      place = next(place, answer.headers);
      // A place that leads back to itself may know us the next time: only the number counts.
      if (count > MOST_REDIRECTS) {
        throw new FailureError({
          code: 'too-many-redirects',
          message: seen.has(place.url.href)
            ? 'The server redirects in a circle.'
            : `The server redirects more than ${MOST_REDIRECTS} times.`,
        });
      }
      const { status, headers } = answer;
      const asked = { status, retryAfter: headers.get('retry-after'), now: Date.now() };
      rested = await restBeforeRedirect(asked, rested, { after: options.after ?? systemAfter, signal });
    }
  }

  return {
    async open(request, signal) {
      // Others ask at the same time: what was asked counts, not what they have put in its place since.
      let asked = final;
      let answer = await follow(asked, request, signal);
      for (let renewals = 0; asked !== first && expired.has(answer.status) && renewals < MOST_RENEWALS; renewals += 1) {
        // Signed addresses live for minutes: the first one gives out a new one.
        answer.exchange.cancel();
        if (final === asked) moveTo(first);
        asked = final;
        answer = await follow(asked, request, signal);
      }
      if (answer.status < 300 && final === asked) moveTo(answer.place);
      return toExchange(answer);
    },
    async fetchBeside(place, pattern, { maxBytes, timeoutMs }, signal) {
      const start = place === 'given' ? first : final;
      if (place === 'final' && isSamePlace(first.url, final.url)) return null;
      const name = start.url.pathname.slice(start.url.pathname.lastIndexOf('/') + 1);
      if (name === '') return null;
      const url = new URL(
        pattern.replace('*', () => name),
        start.url,
      );
      // What signs the file's own address does not sign this one.
      url.search = '';
      const request: RangeRequest = { from: null, to: null, ifRange: null, timeoutMs };
      const { exchange, status } = await follow({ ...start, url }, request, signal);
      if (status !== 200) {
        exchange.cancel();
        return null;
      }
      const recycle = (chunk: Uint8Array) => ledger.recycle(chunk);
      return { text: await readText(exchange, { maxBytes, timeoutMs, signal, recycle }), name: decodeName(name) };
    },
    watchShare(listener) {
      const own = new HostWatch(guest, listener);
      own.moveTo(final.url.host);
      watch = own;
      return () => {
        own.leave();
        watch = null;
      };
    },
    recycle: (chunk) => ledger.recycle(chunk),
    paceReads: (bytesPerSecond) => pace.pace(bytesPerSecond),
    async close() {
      for (const exchange of open) exchange.cancel();
      if (!options.dispatcher) await agent.destroy();
    },
  };
}

/** Whether what lies beside one lies beside the other, under the same names: also where only the scheme is another. */
function isSamePlace(one: URL, other: URL): boolean {
  return one.host === other.host && one.pathname === other.pathname;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function toExchange({
  exchange,
  status,
  headers,
  latencyMs,
  place,
}: Awaited<HttpExchange['head']> & { exchange: HttpExchange; place: Place }): Exchange {
  count += 1;
  return {
    id: `exchange-${count}`,
    head: {
      status,
      headers: headers.toObject(),
      url: redactUrl(place.url.href),
      suggestedName: suggestName(headers.get('content-disposition'), place.url),
      latencyMs,
    },
    consume: (consumer) => exchange.consume(consumer),
    resume: () => exchange.resume(),
    cancel: () => exchange.cancel(),
  };
}

function next(place: Place, headers: RawHeaders): Place {
  const url = redirectTarget(place.url, headers);
  // Credentials that were dropped once do not come back in the same chain.
  return { url, isTrusted: place.isTrusted && url.origin === place.url.origin };
}

function rangeField({ from, to }: RangeRequest): string | null {
  return from === null ? null : `bytes=${from}-${to === null ? '' : to - 1}`;
}

/** A field that is given twice is sent as given last: ours, where we insist. */
function lastOfEach(fields: readonly [string, string][]): string[] {
  return [...new Map(fields.map(([name, value]) => [name.toLowerCase(), [name, value]])).values()].flat();
}
