import type { Connections } from "./connections.ts";
import type { Core } from "./core.ts";

const STEP_MS = 100;
const LEAST_PER_STEP = 100;
/** A client told to come back waits between nothing and this long, so that not all knock at once. */
const SPREAD_MS = 2_000;

/**
 * Says `bye` to all readers in batches, so that they do not come back as one wave, within the first half of `drainMs`.
 * Resolves when the last connection has gone, at the latest after `drainMs`.
 */
export function drainReaders(
  readers: Connections,
  { clock, timers, random, settings: { drainMs } }: Core,
): Promise<void> {
  const until = clock.monotonicNow() + drainMs;
  const perStep = Math.max(LEAST_PER_STEP, Math.ceil(readers.size / Math.max(1, drainMs / 2 / STEP_MS)));
  return new Promise((resolve) => {
    const step = (): void => {
      let told = 0;
      for (const reader of readers) {
        if (told === perStep) break;
        if (reader.leaving) continue;
        reader.bye("drain", Math.floor(random() * SPREAD_MS));
        told += 1;
      }
      if (readers.size === 0 || clock.monotonicNow() >= until) resolve();
      else timers.after(told > 0 ? STEP_MS : 0, step);
    };
    step();
  });
}
