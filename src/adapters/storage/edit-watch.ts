/** File systems that keep a file's time of modification as exactly as they are asked, and its inode's number for good: ext2 to ext4, XFS, tmpfs, btrfs, F2FS, overlayfs. See statfs(2). */
const exact: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x01021994, 0x9123683e, 0xf2f52010, 0x794c7630]);

/** True where it pays to look: a network drive would first have to write everything that waits, and tells its own time. */
export function tellsTime(fileSystem: number): boolean {
  return exact.has(fileSystem);
}

/**
 * Sees that somebody else has written to a file that only we should: when none
 * of our writes is in flight its time of modification stands still. Asking for
 * it takes a microsecond; what is written while one of ours is in flight is not
 * seen. Its time of change would tell more, and too much: a backup that links
 * the file, or an indexer that labels it, has not edited it.
 */
export class EditWatch {
  readonly #modifiedAt: () => number | null;
  #ours = 0;
  #last: number | null;
  #isEdited = false;

  /** @param modifiedAt in any unit; null where it cannot be told */
  constructor(modifiedAt: () => number | null) {
    this.#modifiedAt = modifiedAt;
    this.#last = modifiedAt();
  }

  /** Before a change of our own. */
  begin(): void {
    this.look();
    this.#ours += 1;
  }

  /** After it, however it went. */
  end(): void {
    this.#ours -= 1;
    if (this.#ours === 0) this.#last = this.#modifiedAt();
  }

  /** True when somebody else has written since this began. */
  look(): boolean {
    if (!this.#isEdited && this.#ours === 0) this.#isEdited = this.#modifiedAt() !== this.#last;
    return this.#isEdited;
  }
}
