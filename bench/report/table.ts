import { styleText } from "node:util";
import type { Line, ScenarioSummary, Verdict } from "../results.ts";
import { digits, estimateText, percentileText, ratioText } from "./text.ts";

/** A scenario's result as plain text: one line for each row and point, a further ratio in a line of its own. */
export function formatScenario({ scenario, lines }: ScenarioSummary): string {
  const withLatency = lines.some((line) => line.kind === "measured" && line.latency !== null);
  const headings = [
    scenario.title,
    ...scenario.metrics.map(({ title, unit }) => (unit === "" ? title : `${title}, ${unit}`)),
    ...(withLatency ? ["p50, p99, p99.9, last's p99: ms"] : []),
    "lost",
    "doubled",
    "reordered",
    "ratio (95 %)",
  ];
  return aligned([headings, ...lines.flatMap((line) => cellsOf(line, scenario, withLatency, headings.length))]);
}

/** The verdicts on the targets that were measured, and how many were not. */
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
    ...[line.lost, line.doubled, line.reordered].map(String),
    first ?? "",
  ];
  return [cells, ...further.map((ratio) => [...Array.from({ length: width - 1 }, () => ""), ratio])];
}

/** Columns of one width; the first and the last to the left, numbers to the right. Short lines end where they end. */
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
