import type { Effort, Row, Sample, Scenario } from "../contract.ts";
import type { Results } from "../results.ts";

/** A run to be made. */
export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly rows: readonly Row[];
  readonly effort: Effort;
  /** Of the order of rows and of every bootstrap. */
  readonly seed: number;
  /** Write a profile of every server, of its CPU or its heap. */
  readonly profile: "cpu" | "heap" | null;
  readonly argv: readonly string[];
  /** Ends the run after the measurement under way. */
  readonly signal: AbortSignal;
  readonly watch: (progress: Progress) => void;
}

/** What a run tells while it goes on. */
export type Progress =
  | { readonly kind: "skipped"; readonly row: Row; readonly why: string }
  | { readonly kind: "scenario"; readonly scenario: Scenario; readonly rows: number; readonly rounds: number }
  | { readonly kind: "opened"; readonly scenario: Scenario; readonly row: Row; readonly elapsedMs: number }
  | {
      readonly kind: "measured";
      readonly scenario: Scenario;
      readonly row: Row;
      readonly round: number;
      /** Measurements of this scenario made and to be made. */
      readonly done: number;
      readonly of: number;
      readonly samples: readonly Sample[];
    }
  | { readonly kind: "finished"; readonly scenario: Scenario; readonly results: Results };
