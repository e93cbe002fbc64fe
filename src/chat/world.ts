import type { Meter } from "./ports.ts";

/** What the core asks of its surroundings. Injected, so that tests own the clock and chance. */
export interface World {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds, monotonic, any origin: durations are measured by this one. */
  elapsed(): number;
  /** In [0, 1). */
  random(): number;
  /** Runs `task` once, after the input of the present turn of the event loop has been worked off. */
  defer(task: () => void): void;
  /** Runs `task` once, `ms` from now; the answer takes it back. */
  later(ms: number, task: () => void): () => void;
  /** Runs `task` every `ms`; the answer stops it. */
  every(ms: number, task: () => void): () => void;
  /** Takes an error that nobody waits for. It must not throw. */
  report(error: unknown): void;
  /** Tells the operator what is no error. It must not throw. */
  note(message: string): void;
  readonly meter: Meter;
}
