/** A run's results: their shape, their files, and several runs merged into one. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Effort, Sample, Target } from "./contract.ts";
import type { Machine } from "./measure/machine.ts";
import type { Estimate } from "./statistics/estimates.ts";

/** A row in the results: `Row` without its functions. */
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

/** Everything needed to judge or repeat a run: the content of `bench/results/<stamp>.json`. */
export interface Results {
  readonly schema: 3;
  readonly started: string;
  readonly finished: string;
  readonly argv: readonly string[];
  readonly seed: number;
  /** The commit and whether the tree differed from it; null outside a repository. */
  readonly commit: { readonly id: string; readonly changed: boolean } | null;
  readonly machine: Machine;
  /** Whether servers and generator were each bound to one CPU. */
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

/** The ratio of a row's metric to another row's, taken within each round. */
export interface RatioCell {
  readonly metric: string;
  readonly against: string;
  readonly ratio: Estimate;
}

/** Percentiles of the merged histograms, in microseconds, and the number of receipts. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** The result of one row at one point of one scenario. */
export type Line =
  | {
      readonly kind: "measured";
      readonly row: RowNote;
      readonly point: string | null;
      readonly rounds: number;
      /** Rounds that are left out because the generator was the limit. */
      readonly leftOut: number;
      readonly cells: readonly Cell[];
      readonly ratios: readonly RatioCell[];
      readonly latency: Percentiles | null;
      readonly lastLatency: Percentiles | null;
      readonly lost: number;
      readonly duplicated: number;
      readonly reordered: number;
    }
  | { readonly kind: "invalid"; readonly row: RowNote; readonly point: string | null; readonly why: string };

export interface ScenarioSummary {
  readonly scenario: ScenarioNote;
  readonly lines: readonly Line[];
}

/** Whether a target was met: the interval's better end reaches the bound, and half its width is at most 5 % of the median. */
export interface Verdict {
  readonly target: Target;
  readonly measured: Estimate | null;
  /** "unsure": the interval reaches the bound, but is wider than that or comes from fewer than three rounds. */
  readonly verdict: "met" | "unsure" | "missed" | "not measured";
}

export const RESULTS_FOLDER = fileURLToPath(new URL("./results/", import.meta.url));

/** Returns the name of a run's files without their ending: its start time, so that they sort by age. */
export function stampOf({ started }: Pick<Results, "started">): string {
  return started.replaceAll(":", "-").replace(/\..*$/, "");
}

/** Writes a run's JSON, replacing an earlier state of the same run. Resolves to the file's path. */
export async function writeResults(results: Results): Promise<string> {
  return write(`${stampOf(results)}.json`, `${JSON.stringify(results)}\n`);
}

/** Writes a run's report. Resolves to the file's path. */
export async function writeReport(results: Results, ending: "html" | "md", text: string): Promise<string> {
  return write(`${stampOf(results)}.${ending}`, text);
}

/** Reads a file written by `writeResults`, now or when its schema was 2. Rejects if it isn't one. */
export async function readResults(path: string): Promise<Results> {
  const value = parse(await readFile(path, "utf8"));
  if (isResults(value)) return value;
  throw new Error(`${path} is not a result file of this bench (schema 3)`);
}

/** Returns parsed JSON, or undefined, which JSON can't express, if the text isn't JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text, renamed);
  } catch {
    return undefined;
  }
}

/** Schema 2 differs in one name: `duplicated` was `doubled`. */
function renamed(key: string, value: unknown): unknown {
  if (key === "schema" && value === 2) return 3;
  if (typeof value !== "object" || value === null || !("doubled" in value)) return value;
  const { doubled, ...others } = value;
  return { ...others, duplicated: doubled };
}

async function write(name: string, text: string): Promise<string> {
  await mkdir(RESULTS_FOLDER, { recursive: true });
  await writeFile(`${RESULTS_FOLDER}${name}`, text);
  return `${RESULTS_FOLDER}${name}`;
}

/** Recognises results by the number of their schema: the files are this bench's own. */
function isResults(value: unknown): value is Results {
  return typeof value === "object" && value !== null && "schema" in value && value.schema === 3;
}

/**
 * Merges several runs on one machine into one. If two runs have the same scenario, the later run's samples are kept.
 * Throws if there is no run, or if they are from different machines or commits.
 */
export function merge(runs: readonly Results[]): Results {
  const inOrder = [...runs].sort((one, other) => one.started.localeCompare(other.started));
  const [first] = inOrder;
  const last = inOrder.at(-1);
  if (first === undefined || last === undefined) throw new RangeError("there is no run to report");
  for (const run of inOrder) refuseOther(first, run);
  const latest = new Map(inOrder.flatMap((run) => run.scenarios.map((scenario) => [scenario.name, { scenario, run }])));
  const rows = new Map(inOrder.flatMap((run) => run.rows.map((row) => [row.name, row])));
  const skipped = inOrder.flatMap((run) => run.skipped).filter(({ row }) => !rows.has(row));
  return {
    ...last,
    started: first.started,
    argv: inOrder.flatMap(({ argv }, at) => (at === 0 ? argv : ["+", ...argv])),
    rows: [...rows.values()],
    skipped: [...new Map(skipped.map((row) => [row.row, row])).values()],
    scenarios: [...latest.values()].map(({ scenario }) => scenario),
    samples: [...latest].flatMap(([name, { run }]) => run.samples.filter(({ scenario }) => scenario === name)),
  };
}

function refuseOther(first: Results, run: Results): void {
  if (first.machine.cpu !== run.machine.cpu || first.machine.versions.node !== run.machine.versions.node)
    throw new Error(
      "the runs were made on different machines or with different versions of Node; report them one by one",
    );
  if (first.commit?.id !== run.commit?.id)
    throw new Error(
      `the runs measured different commits, ${first.commit?.id} and ${run.commit?.id}; report them one by one`,
    );
}
