/** Under a rate limit: reads of all sockets for a second's bytes, and the least that one brings, bytes. */
const READS_A_SECOND = 20;
const LEAST_PACED = 2 * 1024;

/**
 * How much the sockets of one download read at a time. What they read counts
 * when it is there: so it must be little, of all of them together.
 */
export class ReadPace {
  #bytesPerSecond: number | null = null;
  #readers = 0;

  /** Reads that make many small steps of so many bytes a second; null for large ones. */
  pace(bytesPerSecond: number | null): void {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** A socket reads at this pace, until the returned function is called. */
  join(): () => void {
    this.#readers += 1;
    return () => {
      this.#readers -= 1;
    };
  }

  /** One read brings so much at most, bytes. */
  get mostRead(): number {
    if (this.#bytesPerSecond === null) return Number.POSITIVE_INFINITY;
    const step = this.#bytesPerSecond / READS_A_SECOND / Math.max(1, this.#readers);
    return Math.max(LEAST_PACED, Math.ceil(step));
  }
}
