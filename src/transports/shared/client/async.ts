import { LinkError, type Platform } from "../../contract.ts";

/** A lifetime within a longer one. Replaces `AbortSignal.any`, which the oldest supported browsers lack. */
export interface Lifetime {
  readonly signal: AbortSignal;
  /** Ends it and removes its listener from the longer one. May be called again. */
  end(reason?: unknown): void;
}

/** Starts a lifetime that ends with `parent`, or earlier by `end`. Then `parent` keeps no reference to it. */
export function lifetimeWithin(parent: AbortSignal): Lifetime {
  const controller = new AbortController();
  const end = (reason?: unknown): void => {
    parent.removeEventListener("abort", onParentAbort);
    controller.abort(reason);
  };
  const onParentAbort = (): void => end(parent.reason);
  if (parent.aborted) controller.abort(parent.reason);
  else parent.addEventListener("abort", onParentAbort);
  return { signal: controller.signal, end };
}

/** Resolves after `ms`, at once for 0. Rejects with LinkError if the signal is aborted first. */
export async function sleep(platform: Platform, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(new LinkError("The wait was aborted.", { cause: signal.reason }));
  if (signal.aborted) onAbort();
  else if (ms <= 0) return;
  signal.addEventListener("abort", onAbort);
  const cancel = platform.clock.after(ms, resolve);
  try {
    await promise;
  } finally {
    cancel();
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * A queue between a producer that pushes and one consumer that iterates. Values pushed before `end` or `fail` are still
 * delivered. When the consumer stops iterating, all further values are dropped.
 */
export class Queue<T> implements AsyncIterableIterator<T> {
  #values: T[] = [];
  #taken = 0;
  #waiting: PromiseWithResolvers<IteratorResult<T>> | null = null;
  #over = false;
  #failure: { readonly error: unknown } | null = null;

  /** How many values wait to be taken. */
  get size(): number {
    return this.#values.length - this.#taken;
  }

  push(value: T): void {
    if (this.#over) return;
    const waiting = this.#waiting;
    if (waiting === null) {
      this.#values.push(value);
      return;
    }
    this.#waiting = null;
    waiting.resolve({ done: false, value });
  }

  /** Ends the iteration after the values that wait. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = null;
  }

  /** Ends the iteration with an error after the values that wait. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#waiting === null) this.#failure = { error };
    else this.#waiting.reject(error);
    this.#waiting = null;
  }

  /** Removes and returns the oldest values, at most `count`. */
  take(count: number): T[] {
    const values = this.#values.slice(this.#taken, this.#taken + count);
    this.#taken += values.length;
    this.#compact();
    return values;
  }

  /** Inserts a value before all others. */
  unshift(value: T): void {
    if (this.#over) return;
    this.#values = [value, ...this.#values.slice(this.#taken)];
    this.#taken = 0;
  }

  next(): Promise<IteratorResult<T>> {
    const [value] = this.size > 0 ? this.take(1) : [];
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#failure !== null) {
      const { error } = this.#failure;
      this.#failure = null;
      return Promise.reject(error);
    }
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  return(): Promise<IteratorResult<T>> {
    this.end();
    this.#failure = null;
    this.#values = [];
    this.#taken = 0;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Frees the values that were taken. Taking only moves an index, so emptying a long queue takes linear time. */
  #compact(): void {
    if (this.#taken < 1_024 && this.#taken < this.#values.length) return;
    if (this.#taken * 2 < this.#values.length) return;
    this.#values = this.#values.slice(this.#taken);
    this.#taken = 0;
  }
}
