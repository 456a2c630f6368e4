/** All batches together keep no more than about this, bytes. */
const MOST_KEPT = 4 * 1024 * 1024;

/**
 * What is kept in memory until it is on disk, over all connections: memory
 * grows neither with their number nor with the speed.
 */
export class WriteBudget {
  /** Bytes. */
  #kept = 0;

  get kept(): number {
    return this.#kept;
  }

  get isSpent(): boolean {
    return this.#kept >= MOST_KEPT;
  }

  keep(bytes: number): void {
    this.#kept += bytes;
  }

  release(bytes: number): void {
    this.#kept -= bytes;
  }
}
