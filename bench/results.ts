import type { Effort, Sample, Target } from "./contract.ts";
import type { Machine } from "./measure/machine.ts";
import type { Estimate } from "./statistics/summary.ts";

/** A row as results keep it: what `Row` says without the functions. */
export interface RowNote {
  readonly name: string;
  readonly title: string;
  readonly system: string;
  readonly kind: "floor" | "ours" | "peer";
  readonly leg: string;
  readonly setting: string;
  readonly version: string | null;
}

export interface ScenarioNote {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  readonly metrics: readonly { name: string; title: string; unit: string; better: "lower" | "higher" }[];
  readonly effort: Effort;
}

/** Everything by which a run can be judged or repeated: the content of `bench/results/<stamp>.json`. */
export interface Results {
  readonly schema: 2;
  readonly started: string;
  readonly finished: string;
  readonly argv: readonly string[];
  readonly seed: number;
  /** Commit and whether the tree differed from it; null outside a repository. */
  readonly commit: { readonly id: string; readonly changed: boolean } | null;
  readonly machine: Machine;
  /** Whether servers and generator were bound to a CPU each. */
  readonly pinned: boolean;
  readonly loadAfter: number;
  readonly rows: readonly RowNote[];
  readonly skipped: readonly { readonly row: string; readonly title: string; readonly why: string }[];
  readonly scenarios: readonly ScenarioNote[];
  readonly samples: readonly Sample[];
}

/** One cell of a table: a metric of a row at a point, over the rounds. */
export interface Cell {
  readonly metric: string;
  readonly value: Estimate;
}

/** A row's metric set against another row's, round by round. */
export interface RatioCell {
  readonly metric: string;
  readonly against: string;
  readonly ratio: Estimate;
}

/** Percentiles of the merged histograms, in microseconds, and how many receipts they stand for. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What a run says of one row at one point of one scenario. */
export type Line =
  | {
      readonly kind: "measured";
      readonly row: RowNote;
      readonly point: string | null;
      readonly rounds: number;
      /** Rounds left out because the generator was the limit. */
      readonly leftOut: number;
      readonly cells: readonly Cell[];
      readonly ratios: readonly RatioCell[];
      readonly latency: Percentiles | null;
      readonly lastLatency: Percentiles | null;
      readonly lost: number;
      readonly doubled: number;
      readonly reordered: number;
    }
  | { readonly kind: "invalid"; readonly row: RowNote; readonly point: string | null; readonly why: string };

export interface ScenarioSummary {
  readonly scenario: ScenarioNote;
  readonly lines: readonly Line[];
}

/** Whether a target was met: its interval's lower end at or below the bound and its half-width at most 5 % of the median. */
export interface Verdict {
  readonly target: Target;
  readonly measured: Estimate | null;
  /** "unsure": the median keeps it or the lower end reaches it, but the interval is wider than 5 %. */
  readonly verdict: "met" | "unsure" | "missed" | "not measured";
}
