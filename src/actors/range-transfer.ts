import { pieceDigestOf } from '../machines/digest-fields.ts';
import { FailureError, toFailure } from '../machines/failures.ts';
import { changedFailure, parseContentRange } from '../machines/response-rules.ts';
import type { TransferInput, TransferToSegmentEvent } from '../machines/segment.events.ts';
import { lookAgain, openingPatience, stalled } from '../machines/stall.ts';
import { Arrivals } from './arrivals.ts';
import { LimitWait } from './limit-wait.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import { type Lessons, openRange } from './open-range.ts';
import type { Exchange, Ports } from './ports.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { ReadQueue, ReadTurn } from './read-queue.ts';
import { TransferSpeed } from './transfer-speed.ts';
import type { Whereabouts } from './whereabouts.ts';
import { WriteBatch } from './write-batch.ts';
import type { WriteBudget } from './write-budget.ts';

export interface TransferDependencies extends Ports {
  readonly exchanges: OpenExchanges;
  readonly limiter: RateLimiter;
  /** Those that run, by segment. */
  readonly transfers: Map<string, Whereabouts>;
  readonly lessons: Lessons;
  /** Bytes that have arrived, over all transfers of the download. */
  readonly traffic: { bytes: number };
  readonly budget: WriteBudget;
  readonly readQueue: ReadQueue;
}

/** The longest that a byte waits to be written, milliseconds: what a killed process loses. */
const FLUSH_MS = 6;
/** The shortest wait, milliseconds: at least to the next turn of the event loop. */
const TURN_MS = 1;
/** Between two pieces of news for the segment, milliseconds: of few transfers, and of each one more in many. */
const TELL_MS = 100;
const TELL_MS_OF_MANY = 6;

/** The bytes of one range on their way: request, checks, back-pressure, batches, news. */
export class RangeTransfer implements Whereabouts {
  readonly #deps: TransferDependencies;
  readonly #input: TransferInput;
  readonly #tell: (event: TransferToSegmentEvent) => void;
  readonly #abort = new AbortController();
  readonly #batch: WriteBatch;
  #exchange: Exchange | null = null;
  #askedAt: number | null = null;
  /** Exclusive; null while unknown. */
  #end: number | null;
  /** Where the body that is open will end, as far as it was asked for. */
  #askedEnd: number | null = null;
  #bodyStart = 0;
  /** The answer does not say how long the file is: whether it is as long as is known shows where it ends. */
  #awaitsEnd = false;
  #phase: 'running' | 'ending' | 'landing' | 'over' = 'running';
  #failure: unknown = null;
  #waitsForDisk = false;
  readonly #limit: LimitWait;
  readonly #turn: ReadTurn;
  #stopTicking: () => void = () => {};
  readonly #speed = new TransferSpeed();
  readonly #arrivals = new Arrivals();
  #patience = openingPatience(0);
  /** It was told to wait since the last look whether enough arrives. */
  #wasHeldUp = false;

  constructor(deps: TransferDependencies, input: TransferInput, tell: (event: TransferToSegmentEvent) => void) {
    this.#deps = deps;
    this.#input = input;
    this.#tell = tell;
    this.#end = input.end;
    this.#limit = new LimitWait(deps.limiter, deps.clock, () => {
      if (this.#phase === 'running') this.#goOn();
      else this.#settle();
    });
    this.#turn = deps.readQueue.enter(() => this.#goOn());
    this.#batch = new WriteBatch(deps.storage, {
      from: input.from,
      onWritten: (error) => this.#onWritten(error),
      recycle: (chunk) => deps.source.recycle(chunk),
      budget: deps.budget,
    });
  }

  start(): void {
    this.#speed.begin(this.#input.from, this.#deps.clock.now());
    const { budget, clock, transfers } = this.#deps;
    transfers.set(this.#input.id, this);
    budget.join(this);
    const stopFlushing = clock.every(FLUSH_MS, () => {
      this.#batch.flush();
      this.#turn.look();
    });
    const stopTelling = clock.every(TELL_MS, () => {
      this.#tellProgress();
      this.#lookForStall();
    });
    this.#stopTicking = () => {
      stopFlushing();
      stopTelling();
      transfers.delete(this.#input.id);
      budget.leave(this);
    };
    const exchange = this.#deps.exchanges.take(this.#input.exchangeId);
    if (this.#end !== null && this.#input.from >= this.#end) {
      // The range was cut behind bytes that landed while an attempt ended: all of it is there.
      exchange?.cancel();
      this.#bodyIsOver();
    } else if (exchange) {
      // The probe has judged it.
      const range = parseContentRange(exchange.head.headers['content-range']);
      this.#askedEnd = range?.end ?? this.#input.entity.size;
      this.#receive(exchange, true);
    } else {
      void this.#request();
    }
  }

  get written(): number {
    return this.#batch.written;
  }

  get burstBytes(): number {
    return this.#arrivals.burstBytes;
  }

  get askedAt(): number | null {
    return this.#askedAt;
  }

  silentMs(at: number): number {
    const isReading = this.#phase === 'running' && this.#exchange !== null && !this.#isHeldUp;
    return isReading ? this.#arrivals.unusualSilence(at) : 0;
  }

  /** The range ends earlier now. */
  truncate(end: number): void {
    if (this.#phase === 'over' || (this.#end !== null && end >= this.#end)) return;
    this.#end = end;
    this.#batch.truncate(end);
    if (this.#phase === 'running' && this.#batch.position >= end) this.#bodyIsOver();
  }

  /** The range ends later now. What the open answer does not bring of it is asked for when it is over. */
  extend(end: number): void {
    if (this.#phase === 'running' && this.#end !== null && end > this.#end) this.#end = end;
  }

  /** Drops the connection, writes what has arrived, then tells `transfer.landed`. */
  land(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'landing';
    this.#drop();
    this.#batch.flush();
    this.#settle();
  }

  /** Nothing more is heard of it. A write in flight still lands. */
  cancel(): void {
    this.#phase = 'over';
    this.#stopTicking();
    this.#drop();
    this.#batch.drop();
  }

  async #request(): Promise<void> {
    const { entity, timeoutMs } = this.#input;
    this.#askedEnd = this.#end;
    this.#askedAt = this.#deps.clock.now();
    const wanted = { entity, from: this.#batch.position, to: this.#end, timeoutMs };
    try {
      const answer = await openRange(this.#deps, wanted, this.#abort.signal);
      if (answer && this.#phase === 'running') this.#receive(answer.exchange, answer.isProved);
      else answer?.exchange.cancel();
    } catch (error) {
      if (this.#phase === 'running') this.#fail(error);
    }
  }

  #receive(exchange: Exchange, isProved: boolean): void {
    this.#exchange = exchange;
    this.#askedAt = null;
    this.#bodyStart = this.#batch.position;
    this.#patience = { ...openingPatience(this.#deps.clock.now()), had: this.#bodyStart };
    this.#awaitsEnd = !this.#input.entity.acceptsRanges && exchange.head.headers['content-length'] === undefined;
    // The wait for the answer is no part of the speed.
    this.#speed.begin(this.#batch.written, this.#deps.clock.now());
    this.#arrivals.begin(this.#deps.clock.now());
    const piece = pieceDigestOf(exchange.head.status, exchange.head.headers);
    this.#tell({ type: 'transfer.responded', from: this.#bodyStart, isProved, piece });
    // The news may have ended it.
    if (this.#phase !== 'running') return exchange.cancel();
    exchange.consume({
      data: (chunk) => {
        if (this.#phase === 'running') return this.#onData(chunk);
        exchange.cancel();
        return false;
      },
      end: () => this.#onEnd(),
      error: (error) => {
        if (this.#phase === 'running') this.#fail(error);
      },
    });
  }

  #onData(chunk: Uint8Array): boolean {
    this.#deps.traffic.bytes += chunk.length;
    this.#arrivals.add(chunk.length, this.#deps.clock.now());
    const room = this.#end === null ? chunk.length : Math.max(0, this.#end - this.#batch.position);
    if (chunk.length > room && !this.#input.entity.acceptsRanges) {
      // A part may come with more than was asked for; the whole file is as long as it is.
      this.#deps.source.recycle(chunk);
      this.#fail(new FailureError(changedFailure(`it is longer than ${this.#end} bytes now`)));
      return false;
    }
    if (chunk.length > room) this.#deps.source.recycle(chunk.subarray(room));
    this.#batch.add(chunk.length > room ? chunk.subarray(0, room) : chunk);
    // The last bytes have to be earned like all others, before the range counts as done.
    this.#limit.earn(chunk.length);
    if (this.#end !== null && this.#batch.position >= this.#end && !this.#awaitsEnd) {
      const endsByItself = this.#askedEnd === this.#end;
      this.#bodyIsOver();
      return endsByItself;
    }
    this.#waitsForDisk = this.#batch.isFull;
    // What others wait for is written at once.
    if (this.#turn.bring(chunk.length, this.#batch.kept)) this.#batch.flush();
    this.#wasHeldUp ||= this.#isHeldUp;
    return !this.#isHeldUp;
  }

  /** Nothing more is to come for now. */
  get #isHeldUp(): boolean {
    return this.#waitsForDisk || this.#turn.isWaiting || this.#limit.isWaiting;
  }

  #lookForStall(): void {
    if (this.#phase !== 'running' || this.#exchange === null) return;
    const look = { at: this.#deps.clock.now(), arrived: this.#batch.position, wasHeldUp: this.#wasHeldUp };
    this.#wasHeldUp = this.#isHeldUp;
    const patience = lookAgain(this.#patience, look, this.#input.timeoutMs);
    if (patience === null) this.#fail(new FailureError(stalled(this.#input.timeoutMs)));
    else this.#patience = patience;
  }

  #onEnd(): void {
    if (this.#phase !== 'running') return;
    this.#exchange = null;
    if (this.#end === null) {
      this.#end = this.#batch.position;
      this.#bodyIsOver();
    } else if (this.#batch.position === this.#end) {
      this.#bodyIsOver();
    } else if (this.#batch.position > this.#bodyStart && this.#input.entity.acceptsRanges) {
      // The server chose to send less than was asked for, or the range ends later by now.
      this.#askForRest();
    } else {
      this.#fail(new FailureError({ code: 'connection-lost', message: 'The server ended its answer too early.' }));
    }
  }

  /** By the connection whose answer is over. It is free when the next turn of the event loop has ended: until then, another one would be opened. */
  #askForRest(): void {
    const { clock } = this.#deps;
    clock.after(TURN_MS, () => {
      clock.after(TURN_MS, () => {
        if (this.#phase === 'running') void this.#request();
      });
    });
  }

  /** All bytes of the range have arrived; they still have to be written. */
  #bodyIsOver(): void {
    this.#phase = 'ending';
    this.#turn.leave();
    // A body that goes on beyond the range is cut. One that ends here is left
    // to end by itself, so that its connection can serve the next request.
    if (this.#askedEnd === this.#end) this.#exchange = null;
    else this.#dropExchange();
    this.#batch.flush();
    this.#settle();
  }

  #fail(error: unknown): void {
    this.#phase = 'ending';
    this.#failure = error;
    this.#drop();
    this.#batch.flush();
    this.#settle();
  }

  #onWritten(error: unknown): void {
    if (this.#phase === 'over') return;
    if (error !== null) {
      this.#failure = error;
      this.#drop();
      return this.#finish();
    }
    if (this.#phase !== 'running') {
      this.#batch.flush();
      return this.#settle();
    }
    // The first bytes tell the speed: until then it can only be guessed.
    if (this.#speed.bytesPerSecond === 0) this.#tellProgress();
    if (this.#waitsForDisk && !this.#batch.isFull) {
      this.#waitsForDisk = false;
      this.#goOn();
    }
  }

  /** Tells the end once everything that arrived is on disk. */
  #settle(): void {
    const isReady = this.#batch.isIdle && !this.#limit.isWaiting;
    if (this.#phase !== 'running' && this.#phase !== 'over' && isReady) this.#finish();
  }

  #finish(): void {
    const { written } = this.#batch;
    const at = this.#deps.clock.now();
    const isLanding = this.#phase === 'landing' && this.#failure === null;
    this.#phase = 'over';
    this.#stopTicking();
    this.#batch.drop();
    if (isLanding) return this.#tell({ type: 'transfer.landed', written, at });
    if (this.#failure === null) return this.#tell({ type: 'transfer.completed', written, at });
    const jitter = this.#deps.clock.random();
    this.#tell({ type: 'transfer.failed', failure: toFailure(this.#failure), written, at, jitter });
  }

  #goOn(): void {
    if (this.#isHeldUp) return;
    this.#arrivals.goOn(this.#deps.clock.now());
    this.#exchange?.resume();
  }

  #drop(): void {
    this.#turn.leave();
    this.#limit.stop();
    this.#dropExchange();
  }

  #dropExchange(): void {
    this.#abort.abort();
    this.#exchange?.cancel();
    this.#exchange = null;
  }

  #tellProgress(): void {
    if (this.#phase !== 'running') return;
    const at = this.#deps.clock.now();
    // All of it is there when it is known to be all.
    const most = this.#awaitsEnd && this.#end !== null ? this.#end - 1 : Number.POSITIVE_INFINITY;
    const written = Math.min(this.#batch.written, most);
    // All of them together must not keep the machine busier than the bytes do.
    if (!this.#speed.look(written, at, this.#deps.transfers.size * TELL_MS_OF_MANY)) return;
    const bytesPerSecond = this.#arrivals.burstySpeed(at) || this.#speed.bytesPerSecond;
    this.#tell({ type: 'transfer.advanced', written, bytesPerSecond });
  }
}
