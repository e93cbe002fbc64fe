import type { Clock } from "../../../src/clock.ts";

/** A promise and what resolves it. `Promise.withResolvers` is newer than some browsers that have all else. */
export function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

interface Schedule {
  /** A second. */
  readonly rate: number;
  readonly count: number;
  /** When the first is due. */
  readonly startAt: number;
}

/**
 * Calls `fire` `count` times at an even pace, each with the time at which it was due: an open loop, in which a late
 * answer holds up nothing. What is overdue is fired at once. Resolves after the last, or when `signal` is aborted.
 */
export function pace(
  { rate, count, startAt }: Schedule,
  clock: Clock,
  signal: AbortSignal,
  fire: (number: number, dueAt: number) => void,
): Promise<void> {
  const { promise, resolve } = deferred();
  const dueAt = (number: number): number => startAt + (number * 1_000) / rate;
  let next = 0;
  let cancel = (): void => undefined;
  const step = (): void => {
    while (next < count && clock.monotonicNow() >= dueAt(next)) {
      fire(next, dueAt(next));
      next += 1;
    }
    if (next < count) cancel = clock.after(Math.max(0, dueAt(next) - clock.monotonicNow()), step);
    else resolve();
  };
  const stop = (): void => {
    cancel();
    resolve();
  };
  if (signal.aborted) return Promise.resolve();
  signal.addEventListener("abort", stop, { once: true });
  step();
  return promise.finally(() => signal.removeEventListener("abort", stop));
}
