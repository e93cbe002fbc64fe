import type { Line, ScenarioSummary, Verdict } from "../results.ts";
import { escapeHtml } from "./html-text.ts";
import { digits, estimateText, milliseconds, ratioText } from "./text.ts";

/** All numbers of one scenario. Lost, doubled and reordered stand in every line; an invalid row has no number. */
export function scenarioTable({ scenario, lines }: ScenarioSummary): string {
  const metrics = scenario.metrics.filter(({ name }) =>
    lines.some((line) => line.kind === "measured" && line.cells.some(({ metric }) => metric === name)),
  );
  const withLatency = lines.some((line) => line.kind === "measured" && line.latency !== null);
  const headings = [
    ...metrics.map(({ title, unit }) => (unit === "" ? title : `${title}, ${unit}`)),
    ...(withLatency ? ["p50, ms", "p90", "p99", "p99.9", "max", "last reader's p99"] : []),
    "rounds",
    "lost",
    "doubled",
    "reordered",
  ];
  const head = `<tr><th>row</th>${headings.map((heading) => `<th>${escapeHtml(heading)}</th>`).join("")}<th class="text">ratios</th></tr>`;
  const body = lines.map((line) => row(line, metrics, withLatency, headings.length));
  return `<div class="wide"><table><thead>${head}</thead><tbody>${body.join("")}</tbody></table></div>`;
}

function row(line: Line, metrics: ScenarioSummary["scenario"]["metrics"], withLatency: boolean, width: number): string {
  const name = escapeHtml(line.point === null ? line.row.title : `${line.row.title}, ${line.point}`);
  if (line.kind === "invalid")
    return `<tr><td>${name}</td><td class="text invalid" colspan="${width + 1}">${escapeHtml(line.why)}</td></tr>`;
  const cells = metrics.map(({ name: metric }) => {
    const cell = line.cells.find((each) => each.metric === metric);
    if (cell === undefined) return "<td></td>";
    const { median, low, high } = cell.value;
    return `<td>${digits(median)} <small>${digits(low)}–${digits(high)}</small></td>`;
  });
  const { latency, lastLatency } = line;
  const times =
    latency === null
      ? [null, null, null, null, null, null]
      : [latency.p50, latency.p90, latency.p99, latency.p999, latency.max, lastLatency?.p99 ?? null];
  const counts = [
    line.leftOut === 0 ? String(line.rounds) : `${line.rounds}, ${line.leftOut} left out`,
    ...[line.lost, line.doubled, line.reordered].map(String),
  ];
  return `<tr><td>${name}</td>${cells.join("")}${withLatency ? times.map((time) => `<td>${time === null ? "" : milliseconds(time)}</td>`).join("") : ""}${counts.map((count) => `<td>${count}</td>`).join("")}<td class="text">${line.ratios.map((ratio) => escapeHtml(ratioText(ratio))).join("<br>")}</td></tr>`;
}

/** What the project means to keep, and whether it does. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ target, measured, verdict }) => {
    const where = `${target.scenario}${target.point === null ? "" : `, ${target.point}`}`;
    const at = target.againstPoint === null ? "" : ` at ${target.againstPoint}`;
    const what = `${target.row}: ${target.metric}${target.against === null ? "" : ` × ${target.against}${at}`}`;
    const stretch = target.stretch === null ? "" : `, stretch ${digits(target.stretch)}`;
    return `<tr><td>${escapeHtml(where)}</td><td class="text">${escapeHtml(what)}</td><td class="text">${target.direction} ${digits(target.bound)}${stretch}</td><td class="text">${measured === null ? "" : estimateText(measured)}</td><td class="text ${verdict}">${verdict}</td></tr>`;
  });
  return `<div class="wide"><table><thead><tr><th>scenario</th><th class="text">target</th><th class="text">bound</th><th class="text">measured</th><th class="text">verdict</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}
