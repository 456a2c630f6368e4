import { FailureError } from '../machines/failures.ts';

/** Lets so many work at once; the others wait, in the order in which they came. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param most at once */
  constructor(most: number) {
    this.#free = most;
  }

  /**
   * Works when its turn comes.
   *
   * @throws FailureError `interrupted` when the signal is aborted before that
   */
  async take<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(new FailureError({ code: 'interrupted', message: 'Stopped before its turn came.' }));
      };
      this.#waiting.push(go);
      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
