import { systemReason } from '../machines/system-reason.ts';
import { exitCodes } from './exit-codes.ts';

/** Hears when standard output cannot be written any more: whoever read it has gone, or its disk is full. */
export class StdoutWatch {
  readonly #broken = new AbortController();

  constructor() {
    process.stdout.on('error', (error) => this.#broken.abort(error));
  }

  /** Aborted then: nobody is told of the rest. */
  get signal(): AbortSignal {
    return this.#broken.signal;
  }

  /** The exit code of a program that would end with `code`, when all that it has written is on its way. */
  async judge(code: number): Promise<number> {
    // What was written last is told of in the next turn of the event loop.
    await new Promise(setImmediate);
    const { aborted, reason } = this.#broken.signal;
    // Who has read enough goes; it is the usual end of a pipe.
    if (!aborted || reason.code === 'EPIPE') return code;
    process.stderr.write(`multidown: Standard output could not be written: ${systemReason(reason)}.\n`);
    return exitCodes.disk;
  }
}
