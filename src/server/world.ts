import { type Meter, NO_METER } from "../chat/ports.ts";
import type { World } from "../chat/world.ts";

/** Where that goes which the core says of itself, beside errors. */
export interface Ears {
  /** Default: nobody hears it. */
  readonly note?: (message: string) => void;
  /** Default: nothing is measured. */
  readonly meter?: Meter;
}

/** The real clock, chance and event loop. Timers do not keep the process alive. */
export function realWorld(report: World["report"], { note = () => undefined, meter = NO_METER }: Ears = {}): World {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    random: () => Math.random(),
    defer: (task) => void setImmediate(task),
    later: (ms, task) => {
      const timer = setTimeout(task, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
    every: (ms, task) => {
      const timer = setInterval(task, ms);
      timer.unref();
      return () => clearInterval(timer);
    },
    report,
    note,
    meter,
  };
}
