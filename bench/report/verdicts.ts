/** The verdicts on the project's targets in the HTML report. */
import type { Results, RowNote, Verdict } from "../results.ts";
import type { Estimate } from "../statistics/estimates.ts";
import { type Axis, gridOf, intervalMarks, STRIP, stripOf, ticksOf } from "./bars.ts";
import { glyph, signOf } from "./look.ts";
import { escapeHtml, logarithmic } from "./markup.ts";
import { boundText, estimateText, targetText } from "./text.ts";

type Kind = Verdict["verdict"];

const KINDS: readonly Kind[] = ["met", "unsure", "missed", "not measured"];
/** A verdict has a sign in addition to its color. */
const SIGNS: Readonly<Record<Kind, string>> = { met: "✓", unsure: "?", missed: "✕", "not measured": "–" };

/** Ratios outside this range are drawn at its ends. */
const [LEAST, MOST] = [0.25, 4];
const AXIS: Axis = {
  scale: logarithmic([LEAST, MOST], STRIP),
  ticks: [
    { value: 0.25, label: "¼" },
    { value: 0.5, label: "½" },
    { value: 1, label: "bound" },
    { value: 2, label: "2 ×" },
    { value: 4, label: "4 ×" },
  ],
  origin: 1,
};

/** Returns the number of targets with each verdict. */
export function verdictTiles(verdicts: readonly Verdict[]): string {
  const tiles = KINDS.map((kind) => {
    const count = verdicts.filter(({ verdict }) => verdict === kind).length;
    return `<div><b class="${classOf(kind)}">${count}</b><span>${SIGNS[kind]} ${kind}</span></div>`;
  });
  return `<div class="tiles">${tiles.join("")}</div>`;
}

/** Returns every measured target with its distance to the bound, and a list of the others. */
export function verdictTable(verdicts: readonly Verdict[], results: Results): string {
  const judged = verdicts.filter(({ verdict }) => verdict !== "not measured");
  const missing = verdicts.filter(({ verdict }) => verdict === "not measured");
  const grid = gridOf(AXIS);
  const scenarios = [...new Set(judged.map(({ target }) => target.scenario))];
  const bodies = scenarios.map((scenario) => {
    const title = results.scenarios.find(({ name }) => name === scenario)?.title ?? scenario;
    const rows = judged
      .filter(({ target }) => target.scenario === scenario)
      .map((verdict) => rowOf(verdict, results, grid));
    return `<tbody><tr class="leg"><th colspan="6" scope="rowgroup">${escapeHtml(title)}</th></tr>${rows.join("")}</tbody>`;
  });
  const head = `<thead><tr><th scope="col">row</th><th scope="col">what is bounded</th><th scope="col">bound</th><th scope="col">measured (95 %)</th><td class="axis">${ticksOf(AXIS)}</td><th scope="col">verdict</th></tr></thead>`;
  const table = judged.length === 0 ? "" : `<table class="verdicts">${head}${bodies.join("")}</table>`;
  return `${table}${unmeasured(missing, results)}`;
}

function rowOf({ target, measured, verdict }: Verdict, results: Results, grid: string): string {
  const row = results.rows.find(({ name }) => name === target.row);
  const what = targetText(target, results);
  const sign = row === undefined ? "" : `<span class="${signOf(row.leg).tone}">${glyph(signOf(row.leg))}</span>`;
  const strip =
    row === undefined || measured === null
      ? ""
      : drawn(what, row, verdict, measured, target.bound, target.direction, grid);
  return `<tr><th scope="row">${sign}${escapeHtml(row?.title ?? target.row)}</th><td>${escapeHtml(what)}</td><td>${escapeHtml(boundText(target))}</td><td>${measured === null ? "no number: a fault" : estimateText(measured)}</td><td class="strip">${strip}</td><td class="${classOf(verdict)}">${SIGNS[verdict]} ${verdict}</td></tr>`;
}

/** Draws measured over bound, or bound over measured if more is better: left of the line is within the bound. */
function drawn(
  what: string,
  row: RowNote,
  verdict: Kind,
  { median, low, high }: Estimate,
  bound: number,
  direction: "at most" | "at least",
  grid: string,
): string {
  const share = (value: number): number => {
    const ratio = direction === "at most" ? value / bound : bound / value;
    return Math.min(MOST, Math.max(LEAST, ratio));
  };
  const [one, other] = [share(low), share(high)];
  const estimate = { median: share(median), low: Math.min(one, other), high: Math.max(one, other) };
  return stripOf(`${row.title}, ${what}: ${verdict}`, row, grid, intervalMarks(row, estimate, null, AXIS.scale));
}

function unmeasured(verdicts: readonly Verdict[], results: Results): string {
  if (verdicts.length === 0) return "";
  const items = verdicts.map(
    ({ target }) => `<li>${escapeHtml(`${target.row}: ${targetText(target, results)} ${boundText(target)}`)}</li>`,
  );
  return `<details><summary>Not measured in this run: ${verdicts.length} ${verdicts.length === 1 ? "target" : "targets"}</summary><ul>${items.join("")}</ul></details>`;
}

function classOf(kind: Kind): string {
  return kind.replace(" ", "-");
}
