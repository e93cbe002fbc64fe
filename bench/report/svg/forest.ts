import type { Look } from "../look.ts";
import { digits } from "../text.ts";
import { line, px, svg, text } from "./parts.ts";
import { logarithmic, logTicks } from "./scale.ts";

export interface ForestRow {
  readonly label: string;
  readonly look: Look;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** What the project means to keep; null where it says nothing. */
  readonly bound: number | null;
}

const WIDTH = 760;
const LABELS = 300;
const FIGURES = 150;
const ROW = 24;
const TOP = 28;

/** Ratios with their intervals on one logarithmic axis: 1 is the row they are set against. */
export function forestPlot(title: string, rows: readonly ForestRow[]): string {
  const values = rows.flatMap(({ low, high, bound }) => [low, high, ...(bound === null ? [] : [bound])]);
  const domain = [Math.min(0.8, ...values), Math.max(1.25, ...values)] as const;
  const x = logarithmic(domain, [LABELS, WIDTH - FIGURES]);
  const height = TOP + rows.length * ROW + 8;
  const grid = logTicks(...domain).flatMap((tick) => [
    line(x(tick), TOP - 8, x(tick), height - 8, `class="${tick === 1 ? "one" : "grid"}"`),
    text(x(tick), TOP - 12, digits(tick), 'class="tick" text-anchor="middle"'),
  ]);
  return svg(WIDTH, height, title, [...grid, ...rows.flatMap((row, at) => drawn(row, TOP + at * ROW + ROW / 2, x))]);
}

function drawn(
  { label, look, median, low, high, bound }: ForestRow,
  y: number,
  x: (value: number) => number,
): string[] {
  const figures = `${digits(median)} (${digits(low)}–${digits(high)})`;
  return [
    text(LABELS - 16, y + 4, label, 'class="label" text-anchor="end"'),
    line(x(low), y, x(high), y, `class="stroke ${look.leg}" stroke-width="2" opacity="${look.opacity}"`),
    `<circle cx="${px(x(median))}" cy="${px(y)}" r="4.5" class="fill ${look.leg}" opacity="${look.opacity}"/>`,
    ...(bound === null ? [] : [line(x(bound), y - 8, x(bound), y + 8, 'class="bound"')]),
    text(WIDTH - FIGURES + 16, y + 4, figures, 'class="figure"'),
  ];
}
