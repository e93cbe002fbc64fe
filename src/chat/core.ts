import type { Clock } from "../clock.ts";
import type { Meter } from "./ports.ts";
import type { Settings } from "./settings.ts";
import type { Timers } from "./timers.ts";

/** What rooms, sessions and logs are built on. A server builds one; tests build theirs from a manual clock. */
export interface Core {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly meter: Meter;
  /** Returns a number in [0, 1). */
  random(): number;
  /** Runs `task` once, after the input of this turn of the event loop has been processed. */
  defer(task: () => void): void;
  /** Reports an error that no caller can handle. It must not throw. */
  report(error: unknown): void;
  /** Logs a message for the operator that is not an error. It must not throw. */
  note(message: string): void;
}
