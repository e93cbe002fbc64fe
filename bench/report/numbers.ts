import type { ScenarioSummary } from "../results.ts";
import { escapeHtml } from "./html-text.ts";
import { byLeg, glyph } from "./look.ts";
import { isVaried, type Measured, type Section, sectionsOf } from "./sections.ts";
import { digits, milliseconds, ratioText } from "./text.ts";

type Metrics = ScenarioSummary["scenario"]["metrics"];

/** All numbers of one scenario: at each point what it costs, and when and whether everything arrived. */
export function numbersOf(summary: ScenarioSummary): string {
  const sections = isVaried(summary) ? [together(summary)] : sectionsOf(summary);
  return sections
    .map((section) => {
      const heading = section.point === null ? "" : `<h4>${escapeHtml(section.point)}</h4>`;
      return `${heading}${costTable(summary.scenario.metrics, section)}${accountTable(section)}`;
    })
    .join("");
}

/** What was varied is read row by row, not point by point. */
function together({ lines }: ScenarioSummary): Section {
  return {
    point: null,
    named: lines.map((line) => ({ label: `${line.row.title}: ${line.point}`, row: line.row, line })),
  };
}

function costTable(all: Metrics, section: Section): string {
  const measured = section.named.flatMap(({ line }) => (line.kind === "measured" ? [line] : []));
  const metrics = all.filter(({ name }) => measured.some(({ cells }) => cells.some(({ metric }) => metric === name)));
  const withRatios = measured.some(({ ratios }) => ratios.length > 0);
  const headings = [
    ...metrics.map(({ title, unit }) => (unit === "" ? title : `${title}, ${unit}`)),
    ...(withRatios ? ["ratios"] : []),
  ];
  return table(headings, section, ({ cells, ratios }) => [
    ...metrics.map(({ name }) => {
      const value = cells.find(({ metric }) => metric === name)?.value;
      if (value === undefined) return "";
      const { median, low, high } = value;
      return `${digits(median)}${low === high ? "" : ` <small>${digits(low)}–${digits(high)}</small>`}`;
    }),
    ...(withRatios ? [ratios.map((ratio) => escapeHtml(ratioText(ratio))).join("<br>")] : []),
  ]);
}

/** Lost, doubled and reordered stand in every line that has numbers. */
function accountTable(section: Section): string {
  const withLatency = section.named.some(({ line }) => line.kind === "measured" && line.latency !== null);
  const headings = [
    ...(withLatency ? ["receipts", "p50, ms", "p90", "p99", "p99.9", "longest", "last reader's p99"] : []),
    "rounds",
    "lost",
    "doubled",
    "reordered",
  ];
  return table(headings, section, ({ latency, lastLatency, rounds, leftOut, lost, doubled, reordered }) => {
    const times =
      latency === null
        ? ["", "", "", "", "", "", ""]
        : [
            digits(latency.count),
            ...[latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(milliseconds),
            lastLatency === null ? "" : milliseconds(lastLatency.p99),
          ];
    return [
      ...(withLatency ? times : []),
      leftOut === 0 ? String(rounds) : `${rounds}, ${leftOut} left out`,
      ...[lost, doubled, reordered].map(digits),
    ];
  });
}

function table(headings: readonly string[], { named }: Section, cells: (line: Measured) => readonly string[]): string {
  const head = headings.map((heading) => `<th scope="col">${escapeHtml(heading)}</th>`).join("");
  const body = byLeg(named).flatMap(({ sign, items }) =>
    items.map(({ label, row, line }) => {
      const name = `<th scope="row" class="${row.kind}"><span class="${sign.tone}">${glyph(sign)}</span>${escapeHtml(label)}</th>`;
      return line.kind === "invalid"
        ? `<tr>${name}<td class="invalid" colspan="${headings.length}">${escapeHtml(line.why)}</td></tr>`
        : `<tr>${name}${cells(line)
            .map((cell) => `<td>${cell}</td>`)
            .join("")}</tr>`;
    }),
  );
  return `<div class="wide"><table class="numbers"><thead><tr><th scope="col">row</th>${head}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}
