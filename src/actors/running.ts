/** How many downloads of this process are running just now. */
export class Running {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** One more runs, until the returned function is called. */
  enter(): () => void {
    this.#count += 1;
    return () => {
      this.#count -= 1;
    };
  }
}
