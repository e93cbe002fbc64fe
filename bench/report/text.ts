/** A run as text: numbers, tables for a terminal, and Markdown. */
import { styleText } from "node:util";
import type { Target } from "../contract.ts";
import type { Line, RatioCell, Results, ScenarioSummary, Verdict } from "../results.ts";
import type { Estimate } from "../statistics/estimates.ts";
import { judgeTargets, summarise } from "../statistics/summarise.ts";
import type { Measured } from "./look.ts";

/** Formats a number with three significant digits, two below 1, and grouped thousands. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en-US");
  if (size >= 10) return value.toFixed(1);
  if (size >= 1 || size < 1e-9) return size === 0 ? "0" : value.toFixed(2);
  return value.toFixed(Math.min(8, 1 - Math.floor(Math.log10(size))));
}

/** Formats the tick of an axis as shortly as possible. */
export function tickText(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-US");
}

/** Formats an estimate as "1.08 (1.05–1.11)"; without an interval only the number. */
export function estimateText({ median, low, high }: Estimate): string {
  return low === high ? digits(median) : `${digits(median)} (${digits(low)}–${digits(high)})`;
}

/** Formats a ratio as "1.08 × net (1.05–1.11)", after the metric if that isn't CPU. */
export function ratioText({ metric, against, ratio: { median, low, high } }: RatioCell): string {
  const what = metric === "cpu" ? "" : `${metric} `;
  const interval = low === high ? "" : ` (${digits(low)}–${digits(high)})`;
  return `${what}${digits(median)} × ${against}${interval}`;
}

export function milliseconds(microseconds: number): string {
  return digits(microseconds / 1_000);
}

export function percentileText({ latency, lastLatency }: Measured): string {
  if (latency === null) return "";
  const last = lastLatency === null ? [] : [lastLatency.p99];
  return [latency.p50, latency.p99, latency.p999, ...last].map(milliseconds).join(" ");
}

const PERCENTILES: Readonly<Record<string, string>> = { p50: "p50", p99: "p99", "last-p99": "last reader's p99" };

/** Returns what a target bounds, with the run's titles if it has them: "CPU per delivery (lockstep) × net". */
export function targetText({ scenario, metric, against, point, againstPoint }: Target, { scenarios }: Results): string {
  const metrics = scenarios.find(({ name }) => name === scenario)?.metrics ?? [];
  const { title = PERCENTILES[metric] ?? metric, unit = "" } = metrics.find(({ name }) => name === metric) ?? {};
  const at = (where: string | null): string => (where === null ? "" : ` (${where})`);
  if (against === null) return `${title}${unit === "" ? "" : `, ${unit}`}${at(point)}`;
  return `${title}${at(point)} × ${against}${at(againstPoint)}`;
}

/** Formats a bound and its goal as "≤ 3.40 (3.00)". */
export function boundText({ direction, bound, goal }: Target): string {
  const sign = direction === "at most" ? "≤" : "≥";
  return `${sign} ${digits(bound)}${goal === null ? "" : ` (${digits(goal)})`}`;
}

/** Returns a scenario's result as plain text: one line for each row and point, and one for each further ratio. */
export function formatScenario({ scenario, lines }: ScenarioSummary): string {
  const withLatency = lines.some((line) => line.kind === "measured" && line.latency !== null);
  const headings = [
    scenario.title,
    ...scenario.metrics.map(({ title, unit }) => (unit === "" ? title : `${title}, ${unit}`)),
    ...(withLatency ? ["p50, p99, p99.9, last's p99: ms"] : []),
    "lost",
    "duplicated",
    "reordered",
    "ratio (95 %)",
  ];
  return aligned([headings, ...lines.flatMap((line) => cellsOf(line, scenario, withLatency, headings.length))]);
}

/** Returns the verdicts on the measured targets as plain text, and how many were not measured. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  const judged = verdicts.filter(({ verdict }) => verdict !== "not measured");
  if (judged.length === 0) return "No target was measured.";
  const rows = judged.map(({ target, measured, verdict }) => [
    verdict.toUpperCase(),
    `${target.scenario}${target.point === null ? "" : `, ${target.point}`}`,
    `${target.row}: ${target.metric}${target.against === null ? "" : ` × ${target.against}`}`,
    `${target.direction} ${digits(target.bound)}`,
    measured === null ? "" : estimateText(measured),
  ]);
  const missing = verdicts.length - judged.length;
  return (
    aligned([["target", "scenario", "what", "bound", "measured"], ...rows]) +
    (missing === 0 ? "" : `\n${missing} more were not measured.`)
  );
}

function cellsOf(line: Line, scenario: ScenarioSummary["scenario"], withLatency: boolean, width: number): string[][] {
  const name = line.point === null ? line.row.title : `${line.row.title}: ${line.point}`;
  if (line.kind === "invalid") return [[name, line.why]];
  const [first, ...further] = line.ratios.map(ratioText);
  const cells = [
    name,
    ...scenario.metrics.map(({ name: metric }) => {
      const cell = line.cells.find((each) => each.metric === metric);
      return cell === undefined ? "" : digits(cell.value.median);
    }),
    ...(withLatency ? [percentileText(line)] : []),
    ...[line.lost, line.duplicated, line.reordered].map(String),
    first ?? "",
  ];
  return [cells, ...further.map((ratio) => [...Array.from({ length: width - 1 }, () => ""), ratio])];
}

/** Aligns columns: the first and the last to the left, numbers to the right. Shorter lines don't widen columns. */
function aligned(lines: readonly (readonly string[])[]): string {
  const [headings = []] = lines;
  const full = lines.filter(({ length }) => length === headings.length);
  const widths = headings.map((_, column) => Math.max(...full.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line, number) => {
      const padded = line.map((cell, column) =>
        column === 0 || column === headings.length - 1
          ? cell.padEnd(widths[column] ?? 0)
          : cell.padStart(widths[column] ?? 0),
      );
      const text = padded.join("  ").trimEnd();
      return number === 0 ? styleText("bold", text) : text;
    })
    .join("\n");
}

/** Returns a run as Markdown, for a README or a page of docs. */
export function markdownReport(results: Results): string {
  const { machine, commit, argv, seed, started, pinned, skipped } = results;
  const tree = commit === null ? "" : `, commit ${commit.id}${commit.changed ? " with changes" : ""}`;
  const parts = [
    `# Bench of ${started.slice(0, 10)}`,
    `${machine.cpu}, ${machine.cores} CPUs, ${machine.system}, Node ${machine.versions.node}${tree}. ${pinned ? "Servers on CPU 0, load generator on CPU 1." : "Not bound to CPUs."} Seed ${seed}.`,
    `\`npm run bench${argv.length === 0 ? "" : ` -- ${argv.join(" ")}`}\``,
    "Medians; in brackets the 95 % bootstrap interval over rounds. Ratios are taken within each round.",
    "## Targets",
    verdictTable(results),
    ...summarise(results).flatMap(scenarioParts),
    ...(skipped.length === 0 ? [] : ["## Skipped", skipped.map(({ title, why }) => `- ${title}: ${why}`).join("\n")]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function scenarioParts({ scenario, lines }: ScenarioSummary): string[] {
  const metrics = scenario.metrics.filter(({ name }) =>
    lines.some((line) => line.kind === "measured" && line.cells.some(({ metric }) => metric === name)),
  );
  const withLatency = lines.some((line) => line.kind === "measured" && line.latency !== null);
  const headings = [
    "row",
    ...metrics.map(({ title, unit }) => (unit === "" ? title : `${title}, ${unit}`)),
    ...(withLatency ? ["p50 · p99 · p99.9 · last reader's p99, ms"] : []),
    "lost · duplicated · reordered",
    "ratios",
  ];
  const row = (line: Line): string[] => {
    const name = line.point === null ? line.row.title : `${line.row.title}, ${line.point}`;
    if (line.kind === "invalid") return [name, line.why, ...headings.slice(2).map(() => "")];
    return [
      name,
      ...metrics.map(({ name: metric }) => {
        const cell = line.cells.find((each) => each.metric === metric);
        return cell === undefined ? "" : digits(cell.value.median);
      }),
      ...(withLatency ? [percentileText(line).replaceAll(" ", " · ")] : []),
      `${line.lost} · ${line.duplicated} · ${line.reordered}`,
      line.ratios.map(ratioText).join("; "),
    ];
  };
  return [`## ${scenario.title}`, scenario.question, table(headings, lines.map(row))];
}

function verdictTable(results: Results): string {
  const rows = judgeTargets(results).map(({ target, measured, verdict }) => [
    results.rows.find(({ name }) => name === target.row)?.title ?? target.row,
    `${target.scenario}: ${targetText(target, results)}`,
    boundText(target),
    measured === null ? "" : estimateText(measured),
    verdict,
  ]);
  return table(["row", "target", "bound", "measured", "verdict"], rows);
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("\n");
}
