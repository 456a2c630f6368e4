import type { FileHandle } from 'node:fs/promises';
import { orFail } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';
import { openOwn } from './open-own.ts';

/**
 * Notes for a killed process, many a second. They are written over in place,
 * two files in turn: a rename would have to wait for the file system's journal,
 * which on a busy disk takes as long as hundreds of notes. A note that is torn
 * by the kill does not match its digest, and the one before it stands.
 */
export class LiveNotes {
  readonly #files: FileSystem;
  readonly #paths: readonly string[];
  readonly #handles: (FileHandle | null)[];
  #next = 0;

  constructor(files: FileSystem, paths: readonly string[]) {
    this.#files = files;
    this.#paths = paths;
    this.#handles = paths.map(() => null);
  }

  /** Opens the files beforehand. */
  async open(): Promise<void> {
    for (const index of this.#paths.keys()) await this.#open(index);
  }

  async #open(index: number): Promise<FileHandle> {
    const path = this.#paths[index] ?? '';
    // What is there is kept until it is written over: it is true as well, and a file system takes its time to cut a file.
    const handle = this.#handles[index] ?? (await orFail(openOwn(this.#files, path), 'opened', path));
    this.#handles[index] = handle;
    return handle;
  }

  /** Writes a note that ends with a new line: what is left of a longer one is behind it. */
  async write(note: string): Promise<void> {
    const index = this.#next;
    this.#next = (index + 1) % this.#paths.length;
    const path = this.#paths[index] ?? '';
    const handle = await this.#open(index);
    const bytes = Buffer.from(note);
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await orFail(handle.write(bytes, at, bytes.length - at, at), 'saved', path);
      at += bytesWritten;
    }
  }

  async close(): Promise<void> {
    const handles = this.#handles.splice(0);
    const closed = await Promise.allSettled(handles.map((handle) => handle?.close()));
    const failed = closed.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
