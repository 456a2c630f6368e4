/** What the speed was so long ago still counts for 0.7 of itself, milliseconds. */
const SMOOTH_MS = 100;
/** After so long without a byte the speed is none, milliseconds. */
const SILENT_MS = 1_000;

/** How fast one transfer writes: smoothed, and none after a silence. */
export class TransferSpeed {
  /** 0 before the first bytes, and after a silence. */
  bytesPerSecond = 0;
  #told = { written: 0, at: 0 };
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
    const past = this.bytesPerSecond === 0 ? 0 : 0.7 ** (passed / SMOOTH_MS);
    const smooth = this.bytesPerSecond * past + speed * (1 - past);
    if (speed > 0) this.#movedAt = at;
    this.bytesPerSecond = at - this.#movedAt >= SILENT_MS ? 0 : smooth;
    this.#told = { written, at };
    return true;
  }
}
