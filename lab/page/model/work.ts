import { type ReadonlySignal, signal } from "@preact/signals";
import { quantile } from "./meter.ts";

/** What the page's own script takes per frame, which is time that the clients it measures don't have. */
export interface Work {
  /** p95 of the recent frames, ms; null before there are some. Brought up to date once a second. */
  readonly p95: ReadonlySignal<number | null>;
  /** Frames since the beginning. */
  readonly frames: ReadonlySignal<number>;
  /** Runs a task that is part of the next frame's work. */
  count<Result>(task: () => Result): Result;
  /** Runs a frame's task; what follows it in microtasks, as the page's redrawing does, is part of it. */
  frame(task: () => void): void;
}

const RECENT = 300;
const TOLD_EVERY = 30;

/** `now`: ms, monotonic. */
export function createWork(now: () => number): Work {
  const p95 = signal<number | null>(null);
  const frames = signal(0);
  const recent: number[] = [];
  let counted = 0;
  let done = 0;

  function end(ms: number): void {
    recent.push(ms);
    if (recent.length > RECENT) recent.shift();
    done += 1;
    if (done % TOLD_EVERY !== 0) return;
    p95.value = quantile(
      recent.toSorted((one, other) => one - other),
      0.95,
    );
    frames.value = done;
  }

  return {
    p95,
    frames,
    count(task) {
      const began = now();
      const result = task();
      counted += now() - began;
      return result;
    },
    frame(task) {
      const began = now();
      const before = counted;
      counted = 0;
      task();
      // The redrawing is queued by the task, so that what is queued after it comes when it is done.
      queueMicrotask(() => queueMicrotask(() => end(before + now() - began)));
    },
  };
}
