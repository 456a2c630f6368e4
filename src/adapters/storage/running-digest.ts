import type { Hash } from 'node:crypto';
import type { DigestAlgorithm } from '../../machines/options.ts';
import type { Span } from '../../machines/pieces.ts';
import { createHash } from './hash.ts';
import { HashThread } from './hash-thread.ts';
import { checkStopped, piecesOf, type ReadableFile } from './read-pieces.ts';

/** More bytes a second, hashed once, keep one processor busy besides: another does that then. */
const FAST = 256 * 1024 * 1024;
/** Over so long it is seen how fast they come, milliseconds. */
const LOOK_MS = 100;
/** A thread begins at the first byte. When more than this has been hashed here, it is too late for one, bytes. */
const MOST_REPEATED = 128 * 1024 * 1024;
/** So much that is there at the beginning is left to a thread, bytes: it would hold up the program for a tenth of a second. */
const MUCH = 64 * 1024 * 1024;
/** So many files of the process are read at a time while they are written: each takes 2 MiB of memory. */
const MOST_READING = 4;
/** A thread is not asked for less while the file is being written, bytes. */
const LEAST_ASKED = 8 * 1024 * 1024;

let reading = 0;

/** Bytes that are on the disk before their turn. */
type Ahead = { -readonly [Key in keyof Span]: Span[Key] };

/**
 * The digests of a file that is being written. What comes in order is hashed
 * while it is in hand; what came before its turn, or was there before, is read
 * when the turn is there, beside everything else. Where bytes come so fast that
 * there is no time for either, a thread reads and hashes them. What is left at
 * the end is read then.
 *
 * It counts on every byte being written once. Where that is not so it says
 * nothing any more, and the file has to be read.
 */
export class RunningDigest {
  readonly #file: ReadableFile;
  readonly #hashes: ReadonlyMap<DigestAlgorithm, Hash>;
  /** All before it has been hashed. */
  #at = 0;
  /** With gaps between them. */
  #ahead: Ahead[] = [];
  #isValid = true;
  #catchingUp: Promise<void> | null = null;
  #wantsThread = false;
  #thread: HashThread | null = null;
  #look = { at: performance.now(), bytes: 0 };

  /** @param there what a former run has written to it */
  constructor(file: ReadableFile, algorithms: readonly DigestAlgorithm[], there: readonly Span[] = []) {
    this.#file = file;
    this.#hashes = new Map(algorithms.map((algorithm) => [algorithm, createHash(algorithm)]));
    for (const { start, end } of there) this.#keep(start, end);
    this.#wantsThread = (this.#next?.end ?? 0) > MUCH;
    this.#catchUp();
  }

  /** These bytes are on the disk now, and still in hand. */
  wrote(chunks: readonly Uint8Array[], position: number): void {
    if (!this.#isValid) return;
    const end = chunks.reduce((sum, chunk) => sum + chunk.length, position);
    if (position < this.#at || this.#ahead.some((one) => position < one.end && end > one.start)) return this.giveUp();
    this.#lookHowFast(end - position);
    if (position > this.#at || this.#catchingUp || this.#thread) this.#keep(position, end);
    else for (const chunk of chunks) this.#update(chunk);
    this.#catchUp();
  }

  /** What was written may not be what is there. */
  giveUp(): void {
    this.#isValid = false;
    this.#ahead = [];
    // It would go on reading for nothing, and keep its memory.
    void this.#thread?.end();
  }

  /**
   * @returns of those that are asked for the ones that it has; null where nothing can be said: the file has to be read
   * @throws FailureError `disk`, and `interrupted` when the signal aborts it
   */
  async finish(
    algorithms: readonly DigestAlgorithm[],
    size: number,
    signal: AbortSignal,
  ): Promise<Record<string, string> | null> {
    const stop = () => void this.#thread?.end();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await this.settle();
      if (signal.aborted) throw checkStopped();
      if (!this.#isValid || this.#at > size || !algorithms.some((algorithm) => this.#hashes.has(algorithm)))
        return null;
      await this.#readTo(size, signal);
      return this.#at === size ? await this.#digests(algorithms) : null;
    } catch (error) {
      if (signal.aborted) throw checkStopped();
      if (!this.#thread) throw error;
      this.giveUp();
      return null;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Until nothing is read any more. */
  async settle(): Promise<void> {
    while (this.#catchingUp) await this.#catchingUp;
  }

  /** The file may be closed then. */
  async close(): Promise<void> {
    this.giveUp();
    await this.#thread?.end();
    await this.settle();
  }

  #lookHowFast(more: number): void {
    const { at, bytes } = this.#look;
    const passed = performance.now() - at;
    this.#look = { at, bytes: bytes + more };
    if (passed < LOOK_MS) return;
    const hashed = (this.#look.bytes / passed) * 1_000 * this.#hashes.size;
    this.#wantsThread ||= hashed > FAST && this.#at <= MOST_REPEATED;
    this.#look = { at: at + passed, bytes: 0 };
  }

  async #digests(algorithms: readonly DigestAlgorithm[]): Promise<Record<string, string>> {
    const hexOf = (await this.#thread?.digests()) ?? {};
    // Copies: it may be asked for again.
    return Object.fromEntries(
      [...this.#hashes]
        .filter(([algorithm]) => algorithms.includes(algorithm))
        .map(([algorithm, hash]) => [algorithm, hexOf[algorithm] ?? hash.copy().digest('hex')]),
    );
  }

  #update(bytes: Uint8Array): void {
    for (const hash of this.#hashes.values()) hash.update(bytes);
    this.#at += bytes.length;
  }

  #keep(start: number, end: number): void {
    const before = this.#ahead.find((one) => one.end === start);
    const after = this.#ahead.find((one) => one.start === end);
    if (before) before.end = after?.end ?? end;
    else this.#ahead.push({ start, end: after?.end ?? end });
    if (after) this.#ahead = this.#ahead.filter((one) => one !== after);
  }

  /** Reads what is there already, as far as it follows. */
  #catchUp(): void {
    if (this.#catchingUp) return;
    if (this.#wantsThread && !this.#thread) this.#startThread();
    const next = this.#next;
    // It looks again when more has been written.
    if (!next || !this.#isWorthReading(next) || reading >= MOST_READING) return;
    reading += 1;
    this.#catchingUp = this.#readAhead(next)
      .catch(() => this.giveUp())
      .finally(() => {
        reading -= 1;
        this.#catchingUp = null;
        if (this.#isValid) this.#catchUp();
      });
  }

  get #next(): Ahead | undefined {
    return this.#ahead.find(({ start }) => start === this.#at);
  }

  /** What was hashed here is read and hashed again: a hash cannot change hands. */
  #startThread(): void {
    try {
      this.#thread = new HashThread(this.#file, [...this.#hashes.keys()]);
    } catch {
      // A program may be allowed none.
      return this.giveUp();
    }
    if (this.#at > 0) this.#keep(0, this.#at);
    this.#at = 0;
  }

  async #readAhead(next: Ahead): Promise<void> {
    // Its end moves on while it is read: what is written behind it is known to be there as well.
    while (this.#isValid && this.#isWorthReading(next) && !this.#isLeftToThread) {
      const before = this.#at;
      await this.#readTo(next.end, null);
      // What was written is not there any more: somebody has cut the file.
      if (this.#at === before && !this.#isLeftToThread) return this.giveUp();
    }
    next.start = this.#at;
    if (next.start >= next.end) this.#ahead = this.#ahead.filter((one) => one !== next);
  }

  #isWorthReading({ end }: Ahead): boolean {
    return end - this.#at >= (this.#thread ? LEAST_ASKED : 1);
  }

  /** It is yet to be started: what was read meanwhile would be read twice. */
  get #isLeftToThread(): boolean {
    return this.#wantsThread && !this.#thread;
  }

  /** @param signal null while nobody waits for it */
  async #readTo(end: number, signal: AbortSignal | null): Promise<void> {
    if (this.#thread) {
      this.#at = await this.#thread.hashTo(end);
      return;
    }
    for await (const piece of piecesOf(this.#file, { start: this.#at, end }, signal)) {
      if (!this.#isValid || (signal === null && this.#isLeftToThread)) return;
      this.#update(piece);
    }
  }
}
