/** The drawing loop of the page, and what its script costs per frame. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Clock } from "../../../src/clock.ts";
import { quantile } from "./lane-meter.ts";

/** The browser's animation frames. */
interface Frames {
  request(task: (now: number) => void): number;
  cancel(handle: number): void;
}

export const browserFrames: Frames = {
  request: (task) => requestAnimationFrame(task),
  cancel: (handle) => cancelAnimationFrame(handle),
};

/** About 30 frames per second: drawing takes processor time from the clients that are measured. */
const FRAME_MS = 30;
/** Between frames under reduced motion. */
const STEP_MS = 500;

/**
 * Calls `task` about 30 times per second with the ms since the last call, until the returned function is called.
 * `isReduced`: whether reduced motion is asked for; then twice per second.
 */
export function tick(frames: Frames, isReduced: () => boolean, task: (elapsedMs: number) => void): () => void {
  let last: number | null = null;
  let handle = frames.request(frame);
  function frame(now: number): void {
    handle = frames.request(frame);
    if (last !== null && now - last < (isReduced() ? STEP_MS : FRAME_MS)) return;
    const elapsed = last === null ? 0 : now - last;
    last = now;
    task(elapsed);
  }
  return () => frames.cancel(handle);
}

/** Measures how long this page's script runs per frame. The clients that the page measures wait meanwhile: same thread. */
export interface ScriptCost {
  /** p95 over recent frames, ms; null before there are enough. Updated about once per second. */
  readonly p95: ReadonlySignal<number | null>;
  /** Frames since the page was opened. */
  readonly frames: ReadonlySignal<number>;
  /** Runs a task whose time counts for the next frame. */
  count<Result>(task: () => Result): Result;
  /** Runs a frame's task. The rendering that it queues in microtasks counts too. */
  frame(task: () => void): void;
}

const RECENT_FRAMES = 300;
const FRAMES_PER_UPDATE = 30;

export function createScriptCost({ monotonicNow }: Pick<Clock, "monotonicNow">): ScriptCost {
  const p95 = signal<number | null>(null);
  const frames = signal(0);
  const recent: number[] = [];
  let counted = 0;
  let done = 0;

  function end(ms: number): void {
    recent.push(ms);
    if (recent.length > RECENT_FRAMES) recent.shift();
    done += 1;
    if (done % FRAMES_PER_UPDATE !== 0) return;
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
      const began = monotonicNow();
      const result = task();
      counted += monotonicNow() - began;
      return result;
    },
    frame(task) {
      const began = monotonicNow();
      const before = counted;
      counted = 0;
      task();
      // The task queues the rendering. A microtask queued after it runs when the rendering is done.
      queueMicrotask(() => queueMicrotask(() => end(before + monotonicNow() - began)));
    },
  };
}
