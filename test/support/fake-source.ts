import type { BodyConsumer, Exchange, RangeRequest, ResponseHead, SourcePort } from '../../src/actors/ports.ts';
import { ReadPace } from '../../src/adapters/http/read-pace.ts';
import { FailureError } from '../../src/machines/failures.ts';
import type { FakeClock } from './fake-clock.ts';

export interface FakeAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** Absolute offsets of the body in the file. */
  readonly from: number;
  readonly to: number;
  /** Bytes after which the connection breaks. */
  readonly breakAfter?: number;
  /** Bytes after which nothing more comes. */
  readonly stallAfter?: number;
  /** Bytes a millisecond, where they differ from the server's. */
  readonly rate?: number;
  /** One byte each time, so many milliseconds apart: it trickles. */
  readonly byteEveryMs?: number;
}

/**
 * What can become of one event on the network: the opening of a request, a
 * chunk of a body, its end. `503`, `whole` (200 for a part), `otherRange` and
 * `excess` (more than was asked for) are the server's doing.
 */
export const networkFaults = ['refused', 'lost', 'stall', 'cut', '503', 'whole', 'otherRange', 'excess'] as const;
export type NetworkFault = (typeof networkFaults)[number];

/** A server in memory: sends its bytes in simulated time, `rate` bytes a millisecond on each connection. */
export class FakeSource implements SourcePort {
  readonly requests: RangeRequest[] = [];
  readonly open_ = new Set<Exchange>();
  bytes: Uint8Array;
  etag: string | null = '"v1"';
  lastModified: string | null = null;
  ranges = true;
  /** What it makes of If-Range: `ignored` sends the part in any case, `refused` the whole file. */
  conditions: 'honoured' | 'ignored' | 'refused' = 'honoured';
  announceLength = true;
  /** A new version is written over the old file, in place: an answer under way goes on with it. */
  isRewritten = false;
  rate = 10;
  bytesSent = 0;
  suggestedName = 'file.bin';
  /** Overrides the usual answer; may throw a FailureError. */
  script: (request: RangeRequest, count: number) => FakeAnswer | null = () => null;
  /** Events on the network so far, and what those of these numbers meet. */
  events = 0;
  faults: readonly { readonly at: number; readonly kind: NetworkFault }[] = [];
  #clock: FakeClock;
  #count = 0;

  constructor(clock: FakeClock, bytes: Uint8Array) {
    this.#clock = clock;
    this.bytes = bytes;
  }

  async open(request: RangeRequest, signal: AbortSignal): Promise<Exchange> {
    this.requests.push(request);
    this.#count += 1;
    const met = this.#happens();
    if (met === 'refused') throw lost('connection-refused');
    if (met === 'lost' || met === 'cut') throw lost('connection-lost');
    if (met === 'stall') await this.#timeOut(request, signal);
    const usual =
      this.script(request, this.#count) ?? this.#usual(met === 'whole' ? { ...request, from: null } : request);
    const answer = met === null ? usual : spoilt(usual, met);
    await Promise.resolve();
    if (signal.aborted) throw new FailureError({ code: 'interrupted', message: 'aborted' });
    return this.#exchange(answer, request.timeoutMs);
  }

  #happens(): NetworkFault | null {
    this.events += 1;
    return this.faults.find(({ at }) => at === this.events)?.kind ?? null;
  }

  async #timeOut({ timeoutMs }: RangeRequest, signal: AbortSignal): Promise<never> {
    await new Promise<void>((resolve) => {
      const stop = this.#clock.after(timeoutMs, resolve);
      signal.addEventListener('abort', () => {
        stop();
        resolve();
      });
    });
    throw lost(signal.aborted ? 'interrupted' : 'timeout');
  }

  /** Texts that lie beside the URL that was given, by the pattern of their name. */
  beside: Record<string, string> = {};

  async fetchBeside(place: 'given' | 'final', pattern: string): Promise<{ text: string; name: string } | null> {
    const text = place === 'given' ? this.beside[pattern] : undefined;
    return text === undefined ? null : { text, name: 'file.bin' };
  }

  share = 64;
  #watchers = new Set<(connections: number) => void>();

  watchShare(listener: (connections: number) => void): () => void {
    this.#watchers.add(listener);
    listener(this.share);
    return () => this.#watchers.delete(listener);
  }

  setShare(connections: number): void {
    this.share = connections;
    for (const watcher of this.#watchers) watcher(connections);
  }

  /** Spoils what is given back: whoever still reads it gets other bytes. */
  recycle(chunk: Uint8Array): void {
    chunk.fill(0xee);
  }

  readonly #pace = new ReadPace();

  paceReads(bytesPerSecond: number | null): void {
    this.#pace.pace(bytesPerSecond);
  }

  async close(): Promise<void> {
    for (const exchange of this.open_) exchange.cancel();
  }

  validators(): Record<string, string> {
    return {
      date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      ...(this.etag === null ? {} : { etag: this.etag }),
      ...(this.lastModified === null ? {} : { 'last-modified': this.lastModified }),
    };
  }

  #usual({ from, to, ifRange }: RangeRequest): FakeAnswer {
    const size = this.bytes.length;
    const isSame = ifRange === this.etag || ifRange === this.lastModified;
    const matches = ifRange === null || this.conditions === 'ignored' || (this.conditions === 'honoured' && isSame);
    if (from === null || !this.ranges || !matches) {
      const length: Record<string, string> = this.announceLength ? { 'content-length': String(size) } : {};
      return { status: 200, headers: { ...this.validators(), ...length }, from: 0, to: size };
    }
    if (from >= size) return { status: 416, headers: { 'content-range': `bytes */${size}` }, from: 0, to: 0 };
    const end = Math.min(to ?? size, size);
    const headers = {
      ...this.validators(),
      'content-range': `bytes ${from}-${end - 1}/${size}`,
      'content-length': String(end - from),
    };
    return { status: 206, headers, from, to: end };
  }

  #exchange(answer: FakeAnswer, timeoutMs: number): Exchange {
    const head: ResponseHead = {
      status: answer.status,
      headers: answer.headers,
      url: 'http://fake.test/file.bin',
      suggestedName: this.suggestedName,
      latencyMs: 5,
    };
    // Else an answer is of the version that was there when it began.
    const { bytes } = this;
    let consumer: BodyConsumer | null = null;
    let paused = true;
    let position = answer.from;
    let stop = () => {};
    let isStalled = false;
    let stopWaiting = () => {};
    const leavePace = this.#pace.join();
    let isOpen = true;
    const close = () => {
      if (isOpen) leavePace();
      isOpen = false;
      stop();
      stopWaiting();
      this.open_.delete(exchange);
      consumer = null;
    };
    let lastAt = this.#clock.now();
    const trickled = (everyMs: number) => {
      if (this.#clock.now() - lastAt < everyMs) return 0;
      lastAt = this.#clock.now();
      return 1;
    };
    const breakOff = (code: 'timeout' | 'connection-lost') => {
      const broken = consumer;
      close();
      broken?.error(lost(code));
    };
    const pump = () => {
      if (!consumer || paused || isStalled) return;
      const met = this.#happens();
      if (met === 'stall') {
        isStalled = true;
        stopWaiting = this.#clock.after(timeoutMs, () => breakOff('timeout'));
        return;
      }
      if (met === 'lost' || met === 'refused') return breakOff('connection-lost');
      if (met === 'cut') {
        const cut = consumer;
        close();
        cut.end();
        return;
      }
      const sent = position - answer.from;
      if (answer.breakAfter !== undefined && sent >= answer.breakAfter) {
        const broken = consumer;
        close();
        broken.error(new FailureError({ code: 'connection-lost', message: 'The connection was lost.' }));
        return;
      }
      const limit = Math.min(answer.to - answer.from, answer.breakAfter ?? Infinity, answer.stallAfter ?? Infinity);
      const fast = Math.min((answer.rate ?? this.rate) * 10, this.#pace.mostRead);
      const wanted = answer.byteEveryMs === undefined ? fast : trickled(answer.byteEveryMs);
      const next = Math.min(position + wanted, answer.from + limit);
      if (next > position) {
        const chunk = (this.isRewritten ? this.bytes : bytes).slice(position, next);
        position = next;
        this.bytesSent += chunk.length;
        paused = !consumer.data(chunk);
      }
      if (position >= answer.to && consumer) {
        const ended: BodyConsumer = consumer;
        close();
        ended.end();
      }
    };
    const exchange: Exchange = {
      id: `fake-${this.#count}`,
      head,
      consume(next) {
        consumer = next;
        paused = false;
      },
      resume() {
        paused = false;
      },
      cancel: close,
    };
    stop = this.#clock.every(10, pump);
    this.open_.add(exchange);
    return exchange;
  }
}

const sentences: Readonly<Record<string, string>> = {
  'connection-refused': 'The server refused the connection.',
  'connection-lost': 'The connection was lost.',
  timeout: 'The server sent nothing for too long.',
  interrupted: 'aborted',
};

function lost(code: 'connection-refused' | 'connection-lost' | 'timeout' | 'interrupted'): FailureError {
  return new FailureError({ code, message: sentences[code] ?? '' });
}

/** The same answer, as a server in trouble would give it. */
function spoilt(answer: FakeAnswer, met: NetworkFault): FakeAnswer {
  if (met === '503') return { status: 503, headers: {}, from: 0, to: 0 };
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.headers['content-range'] ?? '');
  if (met !== 'otherRange' || !range) return answer;
  const [from, last] = [Number(range[1]) + 1, Number(range[2]) + 1];
  return { ...answer, headers: { ...answer.headers, 'content-range': `bytes ${from}-${last}/${range[3]}` } };
}
