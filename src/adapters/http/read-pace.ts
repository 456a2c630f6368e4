/** Under a rate limit: reads for a second's bytes, and the least that one brings, bytes. */
const READS_A_SECOND = 20;
const LEAST_PACED = 2 * 1024;

/** How much the sockets of one download read at a time. */
export class ReadPace {
  /** One read brings so much at most, bytes. */
  mostRead = Number.POSITIVE_INFINITY;

  /** Reads that make many small steps of so many bytes a second; null for large ones. */
  pace(bytesPerSecond: number | null): void {
    this.mostRead =
      bytesPerSecond === null
        ? Number.POSITIVE_INFINITY
        : Math.max(LEAST_PACED, Math.ceil(bytesPerSecond / READS_A_SECOND));
  }
}
