import type { StoragePort } from './ports.ts';

/** A batch is written when it is so long, in bytes, or when its time comes. */
const BATCH_BYTES = 256 * 1024;
/** Over so many bytes that are not written yet the response is paused. */
const MOST_UNWRITTEN = 512 * 1024;

/**
 * Gathers chunks and writes them, one batch after the other, at their offsets.
 * What arrives during a write is the next batch.
 */
export class WriteBatch {
  readonly #storage: StoragePort;
  readonly #onWritten: (error: unknown) => void;
  #chunks: Uint8Array[] = [];
  #gathered = 0;
  #inFlight = 0;
  /** Absolute offset up to which bytes are on disk. */
  written: number;

  /** @param onWritten called after each write, with what it threw, if it did */
  constructor(storage: StoragePort, from: number, onWritten: (error: unknown) => void) {
    this.#storage = storage;
    this.#onWritten = onWritten;
    this.written = from;
  }

  /** Absolute offset of the next byte to be added. */
  get position(): number {
    return this.written + this.#inFlight + this.#gathered;
  }

  get isIdle(): boolean {
    return this.#inFlight === 0 && this.#gathered === 0;
  }

  get isWriting(): boolean {
    return this.#inFlight > 0;
  }

  /** The disk is behind: no more bytes, please. */
  get isFull(): boolean {
    return this.#inFlight + this.#gathered >= MOST_UNWRITTEN;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#gathered += chunk.length;
    if (this.#gathered >= BATCH_BYTES) this.flush();
  }

  /** Forgets what has been gathered from `end` on: it is another range's now. */
  truncate(end: number): void {
    let surplus = Math.min(this.position - end, this.#gathered);
    while (surplus > 0) {
      const last = this.#chunks.pop();
      if (!last) return;
      this.#gathered -= last.length;
      if (last.length > surplus) {
        const kept = last.subarray(0, last.length - surplus);
        this.#chunks.push(kept);
        this.#gathered += kept.length;
      }
      surplus -= last.length;
    }
  }

  /** Writes what has been gathered, unless a write is under way: then after it. */
  flush(): void {
    if (this.#inFlight > 0 || this.#gathered === 0) return;
    const chunks = this.#chunks;
    this.#inFlight = this.#gathered;
    this.#chunks = [];
    this.#gathered = 0;
    this.#storage.write(chunks, this.written).then(
      () => {
        this.written += this.#inFlight;
        this.#inFlight = 0;
        this.#onWritten(null);
      },
      (error: unknown) => {
        this.#inFlight = 0;
        this.#onWritten(error);
      },
    );
  }
}
