import type { StoragePort } from './ports.ts';
import type { WriteBudget } from './write-budget.ts';

/** A batch is written when it is so long, in bytes, or when its time comes: a little less than one read may bring. */
const BATCH_BYTES = 192 * 1024;
/** Of one batch, bytes: the next is gathered while it is written. */
const MOST_UNWRITTEN = 512 * 1024;

export interface WriteBatchOptions {
  /** Absolute offset of the first byte. */
  readonly from: number;
  /** Called after each write, with what it threw, if it did; null otherwise. */
  readonly onWritten: (error: unknown) => void;
  /** Takes the memory of chunks back once they are written, or not wanted. */
  readonly recycle: (chunk: Uint8Array) => void;
  /** Shared by all batches. */
  readonly budget: WriteBudget;
}

/**
 * Gathers chunks and writes them, one batch after the other, at their offsets.
 * What arrives during a write is the next batch.
 */
export class WriteBatch {
  readonly #storage: StoragePort;
  readonly #options: WriteBatchOptions;
  #chunks: Uint8Array[] = [];
  #gathered = 0;
  #inFlight = 0;
  /** Absolute offset up to which bytes are on disk. */
  written: number;

  constructor(storage: StoragePort, options: WriteBatchOptions) {
    this.#storage = storage;
    this.#options = options;
    this.written = options.from;
  }

  /** Absolute offset of the next byte to be added. */
  get position(): number {
    return this.written + this.kept;
  }

  get isIdle(): boolean {
    return this.kept === 0;
  }

  get isWriting(): boolean {
    return this.#inFlight > 0;
  }

  /** What is not written yet, bytes. */
  get kept(): number {
    return this.#inFlight + this.#gathered;
  }

  /** The disk is behind: no more bytes, please. */
  get isFull(): boolean {
    return this.kept >= MOST_UNWRITTEN;
  }

  add(chunk: Uint8Array): void {
    const last = this.#chunks.at(-1);
    // What was read side by side is written in one piece.
    if (last && last.buffer === chunk.buffer && last.byteOffset + last.length === chunk.byteOffset) {
      this.#chunks[this.#chunks.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + chunk.length);
    } else {
      this.#chunks.push(chunk);
    }
    this.#gathered += chunk.length;
    this.#options.budget.keep(chunk.length);
    if (this.#isDue) this.flush();
  }

  /** Forgets what has been gathered from `end` on: it is another range's now. */
  truncate(end: number): void {
    let surplus = Math.min(this.position - end, this.#gathered);
    if (surplus > 0) this.#options.budget.release(surplus);
    while (surplus > 0) {
      const last = this.#chunks.pop();
      if (!last) return;
      this.#gathered -= last.length;
      if (last.length > surplus) {
        const kept = last.subarray(0, last.length - surplus);
        this.#chunks.push(kept);
        this.#gathered += kept.length;
        this.#options.recycle(last.subarray(last.length - surplus));
      } else {
        this.#options.recycle(last);
      }
      surplus -= last.length;
    }
  }

  /** Forgets what has been gathered: nobody waits for it any more. */
  drop(): void {
    this.truncate(this.written + this.#inFlight);
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
        this.#land();
        for (const chunk of chunks) this.#options.recycle(chunk);
        if (this.#isDue) this.flush();
        this.#options.onWritten(null);
      },
      (error: unknown) => {
        this.#land();
        this.#options.onWritten(error);
      },
    );
  }

  #land(): void {
    this.#options.budget.release(this.#inFlight);
    this.#inFlight = 0;
  }

  /** It is worth a write. */
  get #isDue(): boolean {
    return this.#gathered >= BATCH_BYTES;
  }
}
