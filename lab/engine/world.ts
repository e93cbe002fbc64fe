import type { Clock } from "../../src/clock.ts";

/** What the laboratory needs of its surroundings, injected so that tests own them. */
export interface LabWorld {
  readonly clock: Clock;
  /** Reports an error that no caller can handle. */
  report(error: unknown): void;
}
