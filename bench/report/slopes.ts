import type { RowNote } from "../results.ts";
import { curveOf, panelFigure, panelsOf } from "./panels.ts";
import { type Measured, medianOf, VARIED } from "./sections.ts";
import { tickText } from "./text.ts";

const KINDS = [
  { unit: " readers", by: "readers" },
  { unit: " bytes", by: "bytes of text" },
  { unit: "/s", by: "messages a second" },
  { unit: "", by: "messages at once" },
] as const;

const METRICS = [
  { metric: "cpu", title: "CPU per delivery, µs", per: 1 },
  { metric: "p50", title: "p50, ms", per: 1_000 },
  { metric: "p99", title: "p99, ms", per: 1_000 },
] as const;

/** One figure for each thing that was varied, with a panel for each number that follows it. */
export function slopeFigures(lines: readonly Measured[]): string[] {
  return KINDS.flatMap(({ unit, by }) => {
    const panels = METRICS.flatMap(({ metric, title, per }) => {
      const curves = [...curvesBy(lines, unit, metric, per).values()].map(({ row, points }) => curveOf(row, points));
      if (curves.length === 0) return [];
      const values = [...new Set(curves.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
      const ticks = values.map((value) => ({ value, label: tickText(value) }));
      const name = `${title}, by ${by}`;
      return [panelsOf(name, title, ticks, curves)];
    });
    return panels.length === 0 ? [] : [panelFigure(`By ${by}`, panels)];
  });
}

function curvesBy(lines: readonly Measured[], unit: string, metric: string, per: number) {
  const rows = new Map<string, { row: RowNote; points: [number, number][] }>();
  for (const line of lines) {
    const [, value, own] = VARIED.exec(line.point ?? "") ?? [];
    const y = medianOf(line, metric);
    if (value === undefined || own !== unit || y === null || y <= 0) continue;
    const entry = rows.get(line.row.name) ?? { row: line.row, points: [] };
    entry.points.push([Number(value), y / per]);
    entry.points.sort(([a], [b]) => a - b);
    rows.set(line.row.name, entry);
  }
  return rows;
}
