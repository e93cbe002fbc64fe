import type { Core } from "../chat/core.ts";
import { NO_METER } from "../chat/ports.ts";
import { DEFAULT_SETTINGS } from "../chat/settings.ts";
import { Timers } from "../chat/timers.ts";
import { type Clock, systemClock } from "../clock.ts";

/** setTimeout fires at once for a longer delay. */
const LONGEST_MS = 2_147_483_647;

/** The system's clock. Its timers don't keep the process alive. */
export const serverClock: Clock = {
  ...systemClock,
  after: (ms, task) => {
    const timer = setTimeout(task, Math.min(ms, LONGEST_MS)).unref();
    return () => clearTimeout(timer);
  },
};

/**
 * Builds the core on the system's clock, randomness and event loop. Defaults: the default settings, notes discarded,
 * nothing measured.
 */
export function createCore(report: Core["report"], parts: Partial<Omit<Core, "timers" | "report">> = {}): Core {
  const { clock = serverClock } = parts;
  return {
    settings: DEFAULT_SETTINGS,
    meter: NO_METER,
    random: () => Math.random(),
    defer: (task) => void setImmediate(task),
    note: () => undefined,
    ...parts,
    clock,
    timers: new Timers(clock, report),
    report,
  };
}
