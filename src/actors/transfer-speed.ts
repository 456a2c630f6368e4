/** What the speed was so long ago still counts for 0.7 of itself, milliseconds. */
const SMOOTH_MS = 100;
/** After so long without a byte the speed is none, milliseconds. */
const SILENT_MS = 1_000;

/** How fast one transfer writes: smoothed, and none after a silence. */
export class TransferSpeed {
  /** 0 before the first bytes, and after a silence. */
  bytesPerSecond = 0;
  #told = { written: 0, at: 0 };
  /** How much of the smoothed speed was measured, 0 to 1: the first moment, in which what lay in buffers comes at once, counts for as long as it took. */
  #weight = 0;
  /** When bytes last landed. */
  #movedAt = 0;

  /** @param at monotonic, milliseconds */
  begin(written: number, at: number): void {
    this.#told = { written, at };
  }

  /**
   * Takes in how far it is by now.
   *
   * @param leastMs what is sooner after the last look is not worth telling
   * @returns whether there is something to tell
   */
  look(written: number, at: number, leastMs: number): boolean {
    const passed = at - this.#told.at;
    if (passed <= 0 || (written === this.#told.written && this.bytesPerSecond === 0)) return false;
    if (this.bytesPerSecond > 0 && passed < leastMs) return false;
    const speed = ((written - this.#told.written) / passed) * 1_000;
    const past = 0.7 ** (passed / SMOOTH_MS);
    const kept = this.bytesPerSecond === 0 ? 0 : this.#weight * past;
    this.#weight = kept + 1 - past;
    const smooth = (this.bytesPerSecond * kept + speed * (1 - past)) / this.#weight;
    if (speed > 0) this.#movedAt = at;
    this.bytesPerSecond = at - this.#movedAt >= SILENT_MS ? 0 : smooth;
    this.#told = { written, at };
    return true;
  }
}
