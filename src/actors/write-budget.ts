/** All batches together keep no more than about this, bytes. */
const MOST_KEPT = 4 * 1024 * 1024;
/** Each writer keeps memory of its own besides: more of them than this keep half as much together. */
const FEW_WRITERS = 16;
/** The disk has nearly caught up when less than this part of the most is left. */
const FEW_KEPT = 1 / 4;

/**
 * What is kept in memory until it is on disk, over all connections: memory
 * grows neither with their number nor with the speed.
 */
export class WriteBudget {
  /** Bytes. */
  #kept = 0;
  readonly #writers = new Set<object>();
  #onRelease: () => void = () => {};

  get kept(): number {
    return this.#kept;
  }

  get isSpent(): boolean {
    return !this.hasRoom(0);
  }

  get isNearlyFree(): boolean {
    return this.#kept < this.#most * FEW_KEPT;
  }

  /** @param promised bytes that will be kept besides */
  hasRoom(promised: number): boolean {
    return this.#kept + promised < this.#most;
  }

  get #most(): number {
    return this.#writers.size <= FEW_WRITERS ? MOST_KEPT : MOST_KEPT / 2;
  }

  /** Who hears that there is more room. */
  onRelease(listener: () => void): void {
    this.#onRelease = listener;
  }

  /** It writes, until it leaves. */
  join(writer: object): void {
    this.#writers.add(writer);
  }

  /** It writes no more, or never did. */
  leave(writer: object): void {
    this.#writers.delete(writer);
  }

  keep(bytes: number): void {
    this.#kept += bytes;
  }

  release(bytes: number): void {
    this.#kept -= bytes;
    this.#onRelease();
  }
}
