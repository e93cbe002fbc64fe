/** Lets one piece of work run at a time, in the order asked for. */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves or rejects as `work` does, which starts when all work asked for before it has ended. */
  async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      return await work();
    } finally {
      resolve();
    }
  }
}
