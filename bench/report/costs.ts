import type { Line, RowNote, ScenarioNote } from "../results.ts";
import type { Estimate } from "../statistics/summary.ts";
import { TARGETS } from "../targets.ts";
import { type PlotRow, plotTable, STRIP } from "./plot.ts";
import { type Measured, medianOf, type Section } from "./sections.ts";
import { barMarks, intervalMarks } from "./svg/marks.ts";
import { linear, linearTicks, logarithmic, logTicks } from "./svg/scale.ts";
import { digits, estimateText, tickText } from "./text.ts";

/** A plot of bars: which metrics make a bar's parts, and what it is called. */
export interface BarPlot {
  readonly caption: string;
  readonly unit: string;
  /** The bar's parts, from its beginning; null where the row has no such number. */
  readonly parts: (line: Measured) => readonly number[] | null;
}

/** CPU of every row against the `net` floor, with intervals and bounds. Empty where nothing was set against it. */
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

/** Bars of every row that has the number. Empty where none has. */
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

/** CPU of a delivery, its user part solid. The total is the one that was measured; user and system say how it is split. */
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

/** Bytes of a delivery, to scale. */
export const BYTE_BARS: BarPlot = {
  caption: "Bytes per delivery: payload solid, what is around it light, requests lightest",
  unit: "bytes",
  parts: (line) => {
    const [down, overhead, up] = [medianOf(line, "bytesDown"), medianOf(line, "overhead"), medianOf(line, "bytesUp")];
    return down === null || overhead === null ? null : [down - overhead, overhead, up ?? 0];
  },
};

/** A number that is a picture of its own where a scenario has it; `inner` is a part of it. */
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
