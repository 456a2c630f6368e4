/** Where one running transfer is: fresher than its news. */
export interface Whereabouts {
  /** All before it is on disk: absolute, in bytes. */
  readonly written: number;
  /** How fast it is over the bursts in which bytes may come; 0 where nothing is known, or it stalls. */
  readonly meanBytesPerSecond: number;
  /** What its server sends at once, bytes. */
  readonly burstBytes: number;
}
