import { readFileSync } from 'node:fs';

/**
 * Keeps a server from handing out more than a little beyond what one process
 * has read: as if the buffers of the two systems between them were small, which
 * Node cannot ask for. Else a busy machine lets megabytes lie there, which
 * nobody has given to the program. Outside Linux they are as they are.
 */
export class SmallBuffers {
  readonly #most: number;
  #pid = -1;
  /** The process's reads and the server's bytes when the first piece was sent: what it read before was its own code. */
  #base: { readonly read: number; readonly sent: number } | null = null;

  /** @param most bytes in all buffers together */
  constructor(most: number) {
    this.#most = most;
  }

  follow(pid: number): void {
    this.#pid = pid;
    this.#base = null;
  }

  /** How many bytes more may be sent, when so many have been. For `startOrigin`. */
  readonly room = (sent: number): number => {
    const read = bytesReadBy(this.#pid);
    if (read === null) return Number.POSITIVE_INFINITY;
    this.#base ??= { read, sent };
    return this.#most - (sent - this.#base.sent - (read - this.#base.read));
  };
}

/**
 * By its first thread, see proc_pid_io(5): that one reads sockets, others what
 * is on disk, which a resumed run hashes. Null where nobody tells, or when it is gone.
 */
function bytesReadBy(pid: number): number | null {
  try {
    const count = /^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/task/${pid}/io`, 'utf8'))?.[1];
    return count === undefined ? null : Number(count);
  } catch {
    return null;
  }
}
