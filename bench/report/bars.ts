/** Plots of one number per row: intervals on a logarithmic axis, and bars. */
import type { Line, RowNote, ScenarioNote } from "../results.ts";
import type { Estimate } from "../statistics/estimates.ts";
import { TARGETS } from "../targets.ts";
import { byLeg, glyph, type Measured, medianOf, type Section, tonesOf } from "./look.ts";
import {
  line as drawLine,
  escapeHtml,
  linear,
  linearTicks,
  logarithmic,
  logTicks,
  marker,
  percent,
  type Scale,
  svg,
  type Tick,
  text,
} from "./markup.ts";
import { digits, estimateText, tickText } from "./text.ts";

/** A plot of bars: its caption, its unit, and the metrics that are a bar's parts. */
export interface BarPlot {
  readonly caption: string;
  readonly unit: string;
  /** Returns the bar's parts from the left; null if the row lacks a number. */
  readonly parts: (line: Measured) => readonly number[] | null;
}

/**
 * Returns a plot of every row's CPU relative to the `net` floor, with 95 % intervals and, where there is one, the target's
 * bound; empty if there is no ratio.
 */
export function ratioPlot(scenario: string, { point, named }: Section): string {
  const bounds = named.flatMap(({ row }) => boundOf(scenario, point, row) ?? []);
  const ratios = named.flatMap(({ line }) => toNet(line) ?? []);
  if (ratios.length === 0) return "";
  const [from, to] = [
    Math.min(0.9, ...ratios.map(({ low }) => low)),
    Math.max(1.2, ...bounds, ...ratios.map(({ high }) => high)),
  ];
  const scale = logarithmic([from, to], STRIP);
  const ticks = logTicks(from, to, 8).map((value) => ({ value, label: tickText(value) }));
  const rows = named.flatMap(({ label, row, line }): PlotRow[] => {
    if (line.kind === "invalid") return [{ label, row, marks: [], figure: "", invalid: line.why }];
    const ratio = toNet(line);
    if (ratio === null) return [];
    const bound = boundOf(scenario, point, row);
    const figure = `${estimateText(ratio)}${bound === null ? "" : ` ≤ ${digits(bound)}`}`;
    return [{ label, row, marks: intervalMarks(row, ratio, bound, scale), figure, invalid: null }];
  });
  const caption = "CPU per delivery, as a ratio to the net floor of the same round";
  return plotTable(caption, "× net (95 %)", { scale, ticks, origin: 1 }, rows);
}

function toNet(line: Line): Estimate | null {
  if (line.kind === "invalid") return null;
  return line.ratios.find(({ metric, against }) => metric === "cpu" && against === "net")?.ratio ?? null;
}

/** Returns a plot with the bar of every row that has the number; empty if none has. */
export function barPlot({ caption, unit, parts }: BarPlot, { named }: Section): string {
  const all = named.map(({ label, row, line }) => ({
    label,
    row,
    line,
    own: line.kind === "measured" ? parts(line) : null,
  }));
  const longest = Math.max(0, ...all.map(({ own }) => sum(own ?? [])));
  if (longest === 0) return "";
  const scale = linear([0, longest], STRIP);
  const ticks = linearTicks(longest).map((value) => ({ value, label: tickText(value) }));
  const rows = all.flatMap(({ label, row, line, own }): PlotRow[] => {
    if (line.kind === "invalid") return [{ label, row, marks: [], figure: "", invalid: line.why }];
    if (own === null) return [];
    return [{ label, row, marks: barMarks(own, scale), figure: digits(sum(own)), invalid: null }];
  });
  return plotTable(caption, unit, { scale, ticks, origin: 0 }, rows);
}

/** Returns bars of the CPU per delivery, user time solid. The total is exact; user and system only give the split. */
export function cpuBars(metrics: ScenarioNote["metrics"]): BarPlot {
  const { title = "CPU" } = metrics.find(({ name }) => name === "cpu") ?? {};
  const parts = (line: Measured): readonly number[] | null => {
    const [cpu, user, system] = [medianOf(line, "cpu"), medianOf(line, "user"), medianOf(line, "system")];
    if (cpu === null || user === null || system === null || user + system === 0) return null;
    const share = user / (user + system);
    return [cpu * share, cpu * (1 - share)];
  };
  return { caption: `${title}: user solid, system light`, unit: "µs", parts };
}

/** Bars of the bytes per delivery. */
export const BYTE_BARS: BarPlot = {
  caption: "Bytes per delivery: payload solid, overhead light, requests lightest",
  unit: "bytes",
  parts: (line) => {
    const [down, overhead, up] = [medianOf(line, "bytesDown"), medianOf(line, "overhead"), medianOf(line, "bytesUp")];
    return down === null || overhead === null ? null : [down - overhead, overhead, up ?? 0];
  },
};

/** Returns bars of a single metric, divided by `per`; `inner` is a metric that is part of it. */
export function single(metric: string, caption: string, unit: string, per = 1, inner: string | null = null): BarPlot {
  return {
    caption,
    unit,
    parts: (line) => {
      const whole = medianOf(line, metric);
      if (whole === null) return null;
      const part = inner === null ? null : medianOf(line, inner);
      return part === null ? [whole / per] : [Math.min(part, whole) / per, Math.max(0, whole - part) / per];
    },
  };
}

function boundOf(scenario: string, point: string | null, row: RowNote): number | null {
  const target = TARGETS.find(
    (each) =>
      each.scenario === scenario &&
      each.point === point &&
      each.row === row.name &&
      each.metric === "cpu" &&
      each.against === "net" &&
      each.againstPoint === null,
  );
  return target?.bound ?? null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + Math.max(0, value), 0);
}

/** One row of a plot: its name, its marks in the strip (the row's drawing), and its number as text. */
export interface PlotRow {
  readonly label: string;
  readonly row: RowNote;
  /** SVG in the color of the row's leg; x in percent of the strip, y around 50 %. */
  readonly marks: readonly string[];
  readonly figure: string;
  /** Why there is no number, in which case nothing is drawn; else null. */
  readonly invalid: string | null;
}

export interface Axis {
  readonly scale: Scale;
  readonly ticks: readonly Tick[];
  /** The value with a stronger line; null for none. */
  readonly origin: number | null;
}

/** The range of x, in percent of the strip, that the scale uses: marks and labels at its ends are not clipped. */
export const STRIP: readonly [number, number] = [2, 97];

/** Returns rows on one axis: a table whose middle column is drawn, so that names and numbers are text at every width. */
export function plotTable(caption: string, heading: string, axis: Axis, rows: readonly PlotRow[]): string {
  const grid = gridOf(axis);
  const groups = byLeg(rows).map(
    ({ sign, items }) =>
      `<tbody class="${sign.tone}"><tr class="leg"><th colspan="3" scope="rowgroup">${glyph(sign)}${escapeHtml(sign.title)}</th></tr>${items.map((row) => rowOf(row, grid)).join("")}</tbody>`,
  );
  return `<table class="plot"><caption>${escapeHtml(caption)}</caption><thead><tr><th scope="col"><span class="unseen">row</span></th><td class="axis">${ticksOf(axis)}</td><th scope="col">${escapeHtml(heading)}</th></tr></thead>${groups.join("")}</table>`;
}

function rowOf({ label, row, marks, figure, invalid }: PlotRow, grid: string): string {
  const name = `<th scope="row" class="${row.kind}">${escapeHtml(label)}</th>`;
  if (invalid !== null) return `<tr>${name}<td colspan="2" class="invalid">${escapeHtml(invalid)}</td></tr>`;
  return `<tr>${name}<td class="strip">${stripOf(`${label}: ${figure}`, row, grid, marks)}</td><td class="figure">${escapeHtml(figure)}</td></tr>`;
}

/** Returns the drawing of one row. */
export function stripOf(title: string, row: RowNote, grid: string, marks: readonly string[]): string {
  return svg(title, `class="strip"`, [grid, `<g class="${tonesOf(row)}">${marks.join("")}</g>`]);
}

/** Returns the lines of the axis. They are the same in every strip, so that they connect from row to row. */
export function gridOf({ scale, ticks, origin }: Axis): string {
  return ticks
    .map(({ value }) => {
      const x = percent(scale(value));
      return drawLine([x, 0], [x, "100%"], `class="${value === origin ? "origin" : "grid"}"`);
    })
    .join("");
}

/** Returns the labels of the axis. */
export function ticksOf({ scale, ticks }: Axis): string {
  const labels = ticks.map(({ value, label }) => text(percent(scale(value)), 12, label, 'class="tick middle"'));
  return `<svg class="ticks" aria-hidden="true">${labels.join("")}</svg>`;
}

/** The opacity of a bar's parts, from the left. */
const SHADES = [1, 0.45, 0.2];
const BAR = 12;

/** Returns the marks of a median, its interval and its bound. */
export function intervalMarks(
  row: RowNote,
  { median, low, high }: Estimate,
  bound: number | null,
  scale: Scale,
): string[] {
  const tick =
    bound === null ? [] : [drawLine([percent(scale(bound)), "15%"], [percent(scale(bound)), "85%"], 'class="bound"')];
  return [
    ...tick,
    drawLine([percent(scale(low)), "50%"], [percent(scale(high)), "50%"], 'class="whisker"'),
    marker(row, percent(scale(median))),
  ];
}

/** Returns the parts of a bar from 0, each lighter than the previous one. */
export function barMarks(parts: readonly number[], scale: Scale): string[] {
  let from = 0;
  return parts.map((part, at) => {
    const [left, right] = [scale(from), scale(from + Math.max(0, part))];
    from += Math.max(0, part);
    const width = percent(Math.max(0, right - left));
    return `<rect x="${percent(left)}" y="50%" width="${width}" height="${BAR}" transform="translate(0 ${-BAR / 2})" fill="currentColor" opacity="${SHADES[at] ?? 0.2}"/>`;
  });
}
