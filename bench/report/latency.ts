import type { Sample } from "../contract.ts";
import { Histogram } from "../statistics/histogram.ts";
import { curveOf, panelFigure, panelsOf } from "./panels.ts";
import { type Measured, measuredOf, type Section } from "./sections.ts";

/** Percentiles at which a curve has its ticks: 1 / (1 - p). */
const TICKS = [
  { value: 1, label: "0" },
  { value: 2, label: "50" },
  { value: 10, label: "90" },
  { value: 100, label: "99" },
  { value: 1_000, label: "99.9" },
  { value: 10_000, label: "99.99" },
  { value: 100_000, label: "99.999" },
];

/** Latency by percentile of every row's receipts in all rounds together. Empty where none was measured. */
export function latencyFigure(scenario: string, section: Section, samples: readonly Sample[]): string {
  // The points of a single row would all look the same: their table tells more.
  if (new Set(section.named.map(({ row }) => row.name)).size < section.named.length) return "";
  const curves = measuredOf(section).flatMap(({ row, line }) => {
    const points = merged(samples, scenario, line);
    return points === null ? [] : [curveOf(row, points)];
  });
  if (curves.length === 0) return "";
  const furthest = Math.max(...curves.flatMap(({ points }) => points.map(([x]) => x)));
  const xTicks = TICKS.filter(({ value }) => value <= Math.max(furthest, 10));
  const caption = "Latency, ms, by percentile of the receipts in all rounds";
  return panelFigure(caption, [panelsOf(caption, "", xTicks, curves)]);
}

/** The curve of all rounds' receipts: [1 / (1 - p), ms]. The last receipt has no place on such an axis. */
function merged(samples: readonly Sample[], scenario: string, { row, point }: Measured): [number, number][] | null {
  const all = new Histogram();
  for (const sample of samples)
    if (sample.scenario === scenario && sample.row === row.name && sample.point === point && sample.invalid === null)
      all.add(sample.latency ?? []);
  const curve: [number, number][] = [];
  for (const { percent, value, count } of all.points())
    if (count < all.count) curve.push([100 / (100 - percent), Math.max(value, 1) / 1_000]);
  return curve.length < 2 ? null : curve;
}
