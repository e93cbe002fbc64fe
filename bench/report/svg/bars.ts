import type { Look } from "../look.ts";
import { digits } from "../text.ts";
import { line, px, svg, text } from "./parts.ts";
import { linear, linearTicks } from "./scale.ts";

export interface Bar {
  readonly label: string;
  readonly look: Look;
  /** One after the other on the bar, the first one solid, what follows lighter. */
  readonly parts: readonly number[];
}

const WIDTH = 760;
const LABELS = 300;
const FIGURES = 110;
const ROW = 24;
const TOP = 28;
const SHADES = [1, 0.45];

/** Bars on one linear axis from 0. */
export function barPlot(title: string, unit: string, bars: readonly Bar[]): string {
  const longest = Math.max(...bars.map(({ parts }) => sum(parts)), Number.MIN_VALUE);
  const ticks = linearTicks(longest).filter((tick) => tick <= longest * 1.05);
  const x = linear([0, longest * 1.05], [LABELS, WIDTH - FIGURES]);
  const height = TOP + bars.length * ROW + 8;
  const grid = ticks.flatMap((tick, at) => [
    line(x(tick), TOP - 8, x(tick), height - 8, `class="${at === 0 ? "one" : "grid"}"`),
    text(x(tick), TOP - 12, digits(tick), 'class="tick" text-anchor="middle"'),
  ]);
  return svg(WIDTH, height, title, [...grid, ...bars.flatMap((bar, at) => drawn(bar, TOP + at * ROW, x, unit))]);
}

function drawn({ label, look, parts }: Bar, y: number, x: (value: number) => number, unit: string): string[] {
  let from = 0;
  const rects = parts.map((part, at) => {
    const [left, right] = [x(from), x(from + Math.max(0, part))];
    from += Math.max(0, part);
    const opacity = look.opacity * (SHADES[at] ?? 1);
    return `<rect x="${px(left)}" y="${px(y + 5)}" width="${px(right - left)}" height="14" class="fill ${look.leg}" opacity="${px(opacity)}"/>`;
  });
  return [
    text(LABELS - 16, y + 16, label, 'class="label" text-anchor="end"'),
    ...rects,
    text(x(sum(parts)) + 8, y + 16, `${digits(sum(parts))} ${unit}`.trim(), 'class="figure"'),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + Math.max(0, value), 0);
}
