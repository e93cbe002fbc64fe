/** Time and timers. Injected everywhere, so that a test decides what time it is. */
export interface Clock {
  /** Returns the time of day in ms since 1970. It jumps when the system's clock is set. */
  wallNow(): number;
  /** Returns ms since an arbitrary origin. It never goes back: measure durations with it. */
  monotonicNow(): number;
  /** Runs `task` once, `ms` from now. Returns a function that cancels it. */
  after(ms: number, task: () => void): () => void;
}

/** setTimeout fires at once for a longer delay. */
const LONGEST_MS = 2_147_483_647;

/** The system's clock, in browsers and in Node. */
export const systemClock: Clock = {
  wallNow: () => Date.now(),
  monotonicNow: () => performance.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, Math.min(ms, LONGEST_MS));
    return () => clearTimeout(timer);
  },
};

/** Runs `task` every `ms`, the first time `ms` from now. Returns a function that stops it. */
export function every(clock: Clock, ms: number, task: () => void): () => void {
  let cancel = clock.after(ms, run);
  function run(): void {
    cancel = clock.after(ms, run);
    task();
  }
  return () => cancel();
}
