/** What was so long ago still counts for 0.37 of itself, milliseconds. */
const MEMORY_MS = 2_000;
/** The speed of the last moment says little of bursts that are so far apart, milliseconds. */
const FAR_APART_MS = 100;
/** A silence is a stall when it is so many times as long as is usual. */
const LONG = 3;

/**
 * How the bytes of one connection arrive: evenly, or so many at once after a
 * silence, as from a server that holds a rate by sending twice a second.
 */
export class Arrivals {
  #at = 0;
  /** Before it nobody read. */
  #readSince = 0;
  #ms = 0;
  #bytes = 0;
  #silenceMs = 0;
  /** Long silences count more: whoever looks at any time is likely to look into one. */
  #squares = 0;

  /** @param at monotonic, milliseconds */
  begin(at: number): void {
    this.#at = at;
    this.#readSince = at;
  }

  /** It is read again: that nothing came before was our doing. */
  goOn(at: number): void {
    this.#readSince = at;
  }

  add(bytes: number, at: number): void {
    const past = Math.exp((this.#at - at) / MEMORY_MS);
    const silence = this.#silence(at);
    this.#ms = this.#ms * past + at - this.#at;
    this.#bytes = this.#bytes * past + bytes;
    this.#silenceMs = this.#silenceMs * past + silence;
    this.#squares = this.#squares * past + silence ** 2;
    this.#at = at;
  }

  /** Over bursts that are far apart and the silences between them, bytes a second; 0 where they are near, or it stalls. */
  burstySpeed(at: number): number {
    const isBursty = this.#usualSilence >= FAR_APART_MS && this.#silence(at) <= LONG * this.#usualSilence;
    return isBursty ? (this.#bytes / (this.#ms + at - this.#at)) * 1_000 : 0;
  }

  /** What the server sends at once, and so may have sent already: speed times the silence that is usual, bytes. */
  get burstBytes(): number {
    return this.#ms === 0 ? 0 : (this.#bytes / this.#ms) * this.#usualSilence;
  }

  /** How long nothing has come, milliseconds; 0 where that is no longer than it often is. */
  unusualSilence(at: number): number {
    const silence = this.#silence(at);
    return silence > LONG * this.#usualSilence ? silence : 0;
  }

  get #usualSilence(): number {
    return this.#silenceMs === 0 ? 0 : this.#squares / this.#silenceMs;
  }

  #silence(at: number): number {
    return at - Math.max(this.#at, this.#readSince);
  }
}
