/** Where one running transfer is: fresher than its news. */
export interface Whereabouts {
  /** All before it is on disk: absolute, in bytes. */
  readonly written: number;
  /** What its server sends at once, bytes. */
  readonly burstBytes: number;
  /** Since when it waits for the answer to its request, monotonic milliseconds; null while it does not. */
  readonly askedAt: number | null;
  /** How long its answer has brought nothing, milliseconds; 0 where that is nothing unusual, or our own doing. */
  silentMs(at: number): number;
}
