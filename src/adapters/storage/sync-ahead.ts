const MIB = 1024 * 1024;
/** So much is written before the disk has to begin with it, bytes: on one that is quick, and on one that moves its heads for each place. */
const [FAST_BYTES, SLOW_BYTES] = [16 * MIB, 64 * MIB];
/** A disk is quick from here on, bytes a second. */
const FAST_DISK = 256 * MIB;

/**
 * When what has been written is to be synced, beside everything else. A system
 * begins much later by itself, and the sync at the end would wait for all of it.
 */
export class SyncAhead {
  #after = FAST_BYTES;

  /** @param unsynced bytes that no sync has begun with */
  isDue(unsynced: number): boolean {
    return unsynced >= this.#after;
  }

  /** A sync of so many bytes took so long. One of a few tells how long a sync takes, not how quick the disk is. */
  took(bytes: number, ms: number): void {
    if (bytes < FAST_BYTES) return;
    this.#after = bytes * 1_000 >= FAST_DISK * ms ? FAST_BYTES : SLOW_BYTES;
  }
}
