import type { Line, Results, ScenarioSummary } from "../results.ts";
import { summarise } from "../statistics/summarise.ts";
import { judgeTargets } from "../targets.ts";
import { boundText, digits, estimateText, percentileText, ratioText, targetText } from "./text.ts";

/** A run as Markdown, for a README or a page of docs. */
export function markdownReport(results: Results): string {
  const { machine, commit, argv, seed, started, pinned, skipped } = results;
  const tree = commit === null ? "" : `, commit ${commit.id}${commit.changed ? " with changes" : ""}`;
  const parts = [
    `# Bench of ${started.slice(0, 10)}`,
    `${machine.cpu}, ${machine.cores} CPUs, ${machine.system}, Node ${machine.versions.node}${tree}. ${pinned ? "Servers on CPU 0, load generator on CPU 1." : "Not bound to CPUs."} Seed ${seed}.`,
    `\`npm run bench${argv.length === 0 ? "" : ` -- ${argv.join(" ")}`}\``,
    "Medians; in brackets the 95 % bootstrap interval over rounds. Ratios are taken inside each round.",
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
    "lost · doubled · reordered",
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
      `${line.lost} · ${line.doubled} · ${line.reordered}`,
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
