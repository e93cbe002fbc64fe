import type { Clock } from "../../../src/clock.ts";

/** What a browser did to a page while it was measuring. */
export interface Disturbance {
  /** How long the page was hidden. */
  readonly hiddenMs: number;
  /** The longest a timer came late: a throttled tab, a busy machine, or a long task. */
  readonly stalledMs: number;
}

const EVERY_MS = 50;

/** Watches from now on, until the answer is called for what it has seen. `isHidden` says how the page stands. */
export function watch(clock: Clock, isHidden: () => boolean): () => Disturbance {
  let hiddenMs = 0;
  let stalledMs = 0;
  let last = clock.monotonicNow();
  let cancel = (): void => undefined;
  const look = (): void => {
    const now = clock.monotonicNow();
    stalledMs = Math.max(stalledMs, now - last - EVERY_MS);
    if (isHidden()) hiddenMs += now - last;
    last = now;
  };
  const step = (): void => {
    look();
    cancel = clock.after(EVERY_MS, step);
  };
  cancel = clock.after(EVERY_MS, step);
  return () => {
    cancel();
    look();
    return { hiddenMs, stalledMs: Math.max(0, stalledMs) };
  };
}
