import type { World } from "./chat/world.ts";

/** The real clock, chance and event loop. Timers do not keep the process alive. */
export function realWorld(report: (error: unknown) => void): World {
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
  };
}
