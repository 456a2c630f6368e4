/** Time for all that a file of tests does: what is not over by then fails, and so does all after it. */
export class Budget {
  readonly ms: number;
  readonly #end: number;

  constructor(ms: number) {
    this.ms = ms;
    this.#end = performance.now() + ms;
  }

  async spend<Result>(work: () => Promise<Result>): Promise<Result> {
    const { promise: over, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`${this.ms / 1_000} seconds are over`)),
      Math.max(0, this.#end - performance.now()),
    );
    try {
      return await Promise.race([over, work()]);
    } finally {
      clearTimeout(timer);
    }
  }
}
