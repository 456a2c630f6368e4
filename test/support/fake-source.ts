import type { BodyConsumer, Exchange, RangeRequest, ResponseHead, SourcePort } from '../../src/actors/ports.ts';
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
}

/** A server in memory: sends its bytes in simulated time, `rate` bytes a millisecond on each connection. */
export class FakeSource implements SourcePort {
  readonly requests: RangeRequest[] = [];
  readonly open_ = new Set<Exchange>();
  bytes: Uint8Array;
  etag: string | null = '"v1"';
  lastModified: string | null = null;
  ranges = true;
  announceLength = true;
  rate = 10;
  bytesSent = 0;
  suggestedName = 'file.bin';
  /** Overrides the usual answer; may throw a FailureError. */
  script: (request: RangeRequest, count: number) => FakeAnswer | null = () => null;
  #clock: FakeClock;
  #count = 0;

  constructor(clock: FakeClock, bytes: Uint8Array) {
    this.#clock = clock;
    this.bytes = bytes;
  }

  async open(request: RangeRequest, signal: AbortSignal): Promise<Exchange> {
    this.requests.push(request);
    this.#count += 1;
    const answer = this.script(request, this.#count) ?? this.#usual(request);
    await Promise.resolve();
    if (signal.aborted) throw new FailureError({ code: 'interrupted', message: 'aborted' });
    return this.#exchange(answer);
  }

  /** Texts that lie beside the file, by the pattern of their name. */
  beside: Record<string, string> = {};

  async fetchBeside(pattern: string): Promise<{ text: string; name: string } | null> {
    const text = this.beside[pattern];
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

  paceReads(): void {}

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
    const matches = ifRange === null || ifRange === this.etag || ifRange === this.lastModified;
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

  #exchange(answer: FakeAnswer): Exchange {
    const head: ResponseHead = {
      status: answer.status,
      headers: answer.headers,
      url: 'http://fake.test/file.bin',
      suggestedName: this.suggestedName,
      latencyMs: 5,
    };
    // An answer is of the version that was there when it began.
    const { bytes } = this;
    let consumer: BodyConsumer | null = null;
    let paused = true;
    let position = answer.from;
    let stop = () => {};
    const close = () => {
      stop();
      this.open_.delete(exchange);
      consumer = null;
    };
    const pump = () => {
      if (!consumer || paused) return;
      const sent = position - answer.from;
      if (answer.breakAfter !== undefined && sent >= answer.breakAfter) {
        const broken = consumer;
        close();
        broken.error(new FailureError({ code: 'connection-lost', message: 'The connection was lost.' }));
        return;
      }
      const limit = Math.min(answer.to - answer.from, answer.breakAfter ?? Infinity, answer.stallAfter ?? Infinity);
      const next = Math.min(position + this.rate * 10, answer.from + limit);
      if (next > position) {
        const chunk = bytes.slice(position, next);
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
