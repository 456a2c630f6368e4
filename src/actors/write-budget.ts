/** All batches together keep no more than about this, bytes. */
const MOST_KEPT = 4 * 1024 * 1024;
/** The disk has nearly caught up, bytes. */
const FEW_KEPT = MOST_KEPT / 4;

/**
 * What is kept in memory until it is on disk, over all connections: memory
 * grows neither with their number nor with the speed.
 */
export class WriteBudget {
  /** Bytes. */
  #kept = 0;
  #onRelease: () => void = () => {};

  get kept(): number {
    return this.#kept;
  }

  get isSpent(): boolean {
    return !this.hasRoom(0);
  }

  get isNearlyFree(): boolean {
    return this.#kept < FEW_KEPT;
  }

  /** @param promised bytes that will be kept besides */
  hasRoom(promised: number): boolean {
    return this.#kept + promised < MOST_KEPT;
  }

  /** Who hears that there is more room. */
  onRelease(listener: () => void): void {
    this.#onRelease = listener;
  }

  keep(bytes: number): void {
    this.#kept += bytes;
  }

  release(bytes: number): void {
    this.#kept -= bytes;
    this.#onRelease();
  }
}
