/** What a run measures, the events of its progress, and how they are printed. */
import { styleText } from "node:util";
import type { Effort, Row, Sample, Scenario } from "../contract.ts";
import type { Results } from "../results.ts";
import { explain } from "../scenarios/window.ts";

/** What a run measures. */
export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly rows: readonly Row[];
  readonly effort: Effort;
  /** Seed of the order of rows and of every bootstrap. */
  readonly seed: number;
  /** The kind of profile to write of every server; null for none. */
  readonly profile: "cpu" | "heap" | null;
  readonly argv: readonly string[];
  /** Ends the run after the current measurement. */
  readonly signal: AbortSignal;
  readonly watch: (progress: Progress) => void;
}

/** An event of a run. */
export type Progress =
  | { readonly kind: "skipped"; readonly row: Row; readonly why: string }
  | { readonly kind: "scenario"; readonly scenario: Scenario; readonly rows: number; readonly rounds: number }
  | { readonly kind: "opened"; readonly scenario: Scenario; readonly row: Row; readonly elapsedMs: number }
  | {
      readonly kind: "measured";
      readonly scenario: Scenario;
      readonly row: Row;
      readonly round: number;
      /** Measurements of this scenario so far, and in all. */
      readonly done: number;
      readonly of: number;
      readonly samples: readonly Sample[];
    }
  | { readonly kind: "finished"; readonly scenario: Scenario; readonly results: Results };

const BAR = 24;
const CLEAR_LINE = "\r\u001B[K";

/** The output: a terminal shows a progress bar, anything else gets one line per measurement. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Returns a function that prints progress, with the remaining time of the current scenario. `now` returns ms. */
export function showProgress(
  output: Output,
  now: () => number = () => performance.now(),
): (progress: Progress) => void {
  let started = now();
  let measuring = false;
  const line = (text: string): void => void output.write(`${output.isTTY ? CLEAR_LINE : ""}${text}\n`);
  const bar = (text: string): void => {
    if (output.isTTY) output.write(`${CLEAR_LINE}${text}`);
  };
  return (progress) => {
    switch (progress.kind) {
      case "skipped":
        return line(`skipped: ${progress.row.title}. ${progress.why}`);
      case "scenario":
        started = now();
        measuring = false;
        return line(
          `\n${styleText("bold", progress.scenario.title)}: ${progress.rows} ${progress.rows === 1 ? "row" : "rows"}, ${progress.rounds} ${progress.rounds === 1 ? "round" : "rounds"}`,
        );
      case "opened":
        // The estimate counts from the first measurement, since opening servers takes a different time.
        if (!measuring) started = now();
        return output.isTTY
          ? bar(`opened ${progress.row.name}`)
          : line(`  opened ${progress.row.name} in ${seconds(progress.elapsedMs)}`);
      case "measured": {
        const { done, of, row, round, samples } = progress;
        measuring = true;
        const bad = samples.filter(({ invalid }) => invalid !== null);
        for (const sample of bad) line(`  ${row.name}, round ${round}${describe(sample)}`);
        const left = done === 0 ? 0 : ((now() - started) / done) * (of - done);
        const text = `${done}/${of}, ${seconds(left)} left: ${row.name}`;
        return output.isTTY
          ? bar(`${"█".repeat(Math.round((done / of) * BAR)).padEnd(BAR, "░")} ${text}`)
          : line(`  ${text}`);
      }
      case "finished":
        return bar("");
    }
  };
}

function describe({ point, invalid }: Sample): string {
  return `${point === null ? "" : `, ${point}`}: ${invalid === null ? "" : explain(invalid)}`;
}

function seconds(ms: number): string {
  const whole = Math.round(ms / 1_000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
