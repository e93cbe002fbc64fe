import { LinkError, type Platform } from "../../contract.ts";

/** A span of life within a longer one. */
export interface Lifetime {
  readonly signal: AbortSignal;
  /** Ends it and takes its listener off the longer one. Harmless when repeated. */
  end(reason?: unknown): void;
}

/** Begins a lifetime that ends with `parent`, or sooner by `end`, after which nothing of it hangs on `parent`. */
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

/** Resolves after `ms`, at once for 0. Rejects with LinkError when the signal is aborted first. */
export async function sleep(platform: Platform, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(new LinkError("The wait was given up.", { cause: signal.reason }));
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
 * Values handed from one who pushes to one who iterates, in order. What was pushed before `end` or `fail` is still
 * handed out. It has one consumer; when that one stops iterating, all further values are dropped.
 */
export class Queue<T> implements AsyncIterableIterator<T> {
  #values: T[] = [];
  #taken = 0;
  #waiting: PromiseWithResolvers<IteratorResult<T>> | null = null;
  #over = false;
  #failure: { readonly error: unknown } | null = null;

  /** Values pushed and not yet taken. */
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

  /** No more will come. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = null;
  }

  /** No more will come, and this is why: thrown to the consumer after the values before it. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#waiting === null) this.#failure = { error };
    else this.#waiting.reject(error);
    this.#waiting = null;
  }

  /** Takes back the oldest values, `count` of them at most. */
  drop(count: number): T[] {
    const dropped = this.#values.slice(this.#taken, this.#taken + count);
    this.#taken += dropped.length;
    this.#compact();
    return dropped;
  }

  /** Puts a value before all others. */
  unshift(value: T): void {
    if (this.#over) return;
    this.#values = [value, ...this.#values.slice(this.#taken)];
    this.#taken = 0;
  }

  next(): Promise<IteratorResult<T>> {
    const [value] = this.size > 0 ? this.drop(1) : [];
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

  /** Taking from the front moves an index, not the array: a long queue is emptied in linear time. */
  #compact(): void {
    if (this.#taken < 1_024 && this.#taken < this.#values.length) return;
    if (this.#taken * 2 < this.#values.length) return;
    this.#values = this.#values.slice(this.#taken);
    this.#taken = 0;
  }
}
