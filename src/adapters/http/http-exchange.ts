import type { Dispatcher } from 'undici';
import type { BodyConsumer } from '../../actors/ports.ts';
import { type Failure, FailureError } from '../../machines/failures.ts';
import { failureOf } from './failures.ts';
import { type RawHeaders, readHeaders } from './raw-headers.ts';

export interface ExchangeHooks {
  /** Called once, when nothing more will come; with what went wrong before there was an answer. */
  readonly onOver: (failure: Failure | null) => void;
  /** Called for each chunk that someone keeps from here on. */
  readonly hold: (chunk: Uint8Array) => void;
  /** Asked as the request is written: has its connection served another one before? */
  readonly isReused: () => boolean;
}

/** The request may never have been read: it is to be sent again. */
export class UnheardError extends Error {
  override readonly name = 'UnheardError';

  constructor(cause: unknown) {
    super('a connection was closed as it was used again', { cause });
  }
}

/** One request and its answer, between undici's handler calls and ours. The body waits until it is consumed. */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly head: Promise<{ readonly status: number; readonly headers: RawHeaders; readonly latencyMs: number }>;
  readonly #host: string;
  readonly #onOver: ExchangeHooks['onOver'];
  readonly #hold: (chunk: Uint8Array) => void;
  readonly #isReused: () => boolean;
  readonly #resolve: (head: Awaited<HttpExchange['head']>) => void;
  readonly #reject: (error: unknown) => void;
  #controller: Dispatcher.DispatchController | null = null;
  #consumer: BodyConsumer | null = null;
  /** What came before there was a consumer: at most what one read of the socket brought along with the head. */
  #early: Uint8Array[] = [];
  #ending: { readonly error: unknown } | null = null;
  #state: 'asking' | 'answered' | 'over' = 'asking';
  /** Its connection was used before, and has brought no byte since. */
  #isSilent = false;
  #sentAt = performance.now();

  constructor(host: string, { onOver, hold, isReused }: ExchangeHooks) {
    this.#host = host;
    this.#onOver = onOver;
    this.#hold = hold;
    this.#isReused = isReused;
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<HttpExchange['head']>>();
    this.head = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  consume(consumer: BodyConsumer): void {
    this.#consumer = consumer;
    let goesOn = true;
    for (const chunk of this.#early.splice(0)) goesOn = consumer.data(chunk);
    if (this.#ending) this.#tellEnd(this.#ending.error);
    else if (goesOn) this.#controller?.resume();
  }

  resume(): void {
    if (this.#state === 'answered') this.#controller?.resume();
  }

  /** Drops the connection; neither promise nor consumer hears of it, except a head that is still awaited. */
  cancel(reason: FailureError = new FailureError({ code: 'interrupted', message: 'The request was dropped.' })): void {
    if (this.#state === 'over') return;
    const wasAsking = this.#state === 'asking';
    this.#finish();
    this.#consumer = null;
    this.#early = [];
    if (wasAsking) this.#reject(reason);
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#sentAt = performance.now();
    this.#isSilent = this.#isReused();
    if (this.#state === 'over') controller.abort(new Error('dropped before it was sent'));
  }

  onResponseStarted(): void {
    this.#isSilent = false;
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController): void {
    this.#refuse(controller, `${this.#host} wants to speak another protocol.`);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2],
  ): void {
    // 100 and 103 come before the answer.
    if (status < 200 || this.#state !== 'asking') return;
    const raw = readHeaders(controller.rawHeaders, headers);
    const trouble = framingTrouble(raw);
    if (trouble !== null) return this.#refuse(controller, `${this.#host} ${trouble}`);
    this.#state = 'answered';
    controller.pause();
    this.#resolve({ status, headers: raw, latencyMs: performance.now() - this.#sentAt });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#state !== 'answered') return;
    this.#hold(chunk);
    if (!this.#consumer) {
      this.#early.push(chunk);
      controller.pause();
    } else if (!this.#consumer.data(chunk)) {
      controller.pause();
    }
  }

  onResponseEnd(): void {
    this.#end(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    if (this.#state === 'over') return;
    const reason = failureOf(error, this.#host, this.#state === 'answered');
    if (this.#isSilent && reason.code === 'connection-lost') return this.#closeUnheard(error);
    const failure = new FailureError(reason, { cause: error });
    if (this.#state === 'asking') {
      this.#finish(failure.failure);
      this.#reject(failure);
    } else {
      this.#end(failure);
    }
  }

  /** The server closed a resting connection at the moment of its reuse, and is not to blame (RFC 9112, section 9.3.1). */
  #closeUnheard(error: unknown): void {
    this.#finish();
    this.#reject(new UnheardError(error));
  }

  #end(error: unknown): void {
    if (this.#state === 'over') return;
    this.#finish();
    this.#ending = { error };
    if (this.#consumer) this.#tellEnd(error);
  }

  #tellEnd(error: unknown): void {
    if (error === null) this.#consumer?.end();
    else this.#consumer?.error(error);
    this.#consumer = null;
  }

  #refuse(controller: Dispatcher.DispatchController, message: string): void {
    const failure = new FailureError({ code: 'protocol', message });
    this.#finish();
    this.#reject(failure);
    controller.abort(failure);
  }

  #finish(failure: Failure | null = null): void {
    this.#state = 'over';
    this.#onOver(failure);
  }
}

/**
 * What undici lets pass: a coding other than `chunked` would be handed over
 * undecoded, and a length beside it is how responses are smuggled (RFC 9112,
 * section 6.3).
 */
function framingTrouble(headers: RawHeaders): string | null {
  // Whoever put the second one there may not be the server.
  if (new Set(headers.all('location')).size > 1) return 'named two places where the file should be.';
  const coding = headers.get('transfer-encoding');
  if (coding === null) return null;
  if (coding.trim().toLowerCase() !== 'chunked') return 'packs its answer in a way that was not asked for.';
  return headers.get('content-length') === null ? null : 'announced its answer in two ways that exclude each other.';
}
