import type { Look } from "../look.ts";
import { digits } from "../text.ts";
import { line, px, svg, text } from "./parts.ts";
import { logarithmic, logTicks } from "./scale.ts";

export interface Curve {
  readonly label: string;
  readonly look: Look;
  /** Ascending in x; both above 0. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface CurveAxes {
  readonly title: string;
  readonly y: string;
  /** What an x is called below the axis. */
  readonly xTicks: readonly (readonly [x: number, label: string])[];
}

const WIDTH = 760;
/** Enough for all labels below one another, and no less than this. */
const SHORTEST = 320;
const LEFT = 64;
const RIGHT = 190;
const TOP = 24;
const BOTTOM = 32;
const LABEL_GAP = 14;

/** Curves over two logarithmic axes, each named at its end. */
export function curvePlot({ title, y: unit, xTicks }: CurveAxes, curves: readonly Curve[]): string {
  const height = Math.max(SHORTEST, curves.length * LABEL_GAP + TOP + BOTTOM);
  const points = curves.flatMap((curve) => curve.points);
  const xs = [...points.map(([x]) => x), ...xTicks.map(([x]) => x)];
  const ys = points.map(([, y]) => y);
  const x = logarithmic([Math.min(...xs), Math.max(...xs) * 1.01], [LEFT, WIDTH - RIGHT]);
  const domain = [Math.min(...ys) * 0.9, Math.max(...ys) * 1.1] as const;
  const y = logarithmic(domain, [height - BOTTOM, TOP]);
  const grid = [
    ...logTicks(...domain).flatMap((tick) => [
      line(LEFT, y(tick), WIDTH - RIGHT, y(tick), 'class="grid"'),
      text(LEFT - 8, y(tick) + 4, digits(tick), 'class="tick" text-anchor="end"'),
    ]),
    ...xTicks.flatMap(([at, label]) => [
      line(x(at), TOP, x(at), height - BOTTOM, 'class="grid"'),
      text(x(at), height - BOTTOM + 18, label, 'class="tick" text-anchor="middle"'),
    ]),
    text(LEFT - 8, TOP - 10, unit, 'class="tick" text-anchor="end"'),
  ];
  return svg(WIDTH, height, title, [
    ...grid,
    ...curves.map((curve) => path(curve, x, y)),
    ...labels(curves, x, y, height),
  ]);
}

function path({ look, points }: Curve, x: (value: number) => number, y: (value: number) => number): string {
  const steps = points.map(([px_, py], at) => `${at === 0 ? "M" : "L"}${px(x(px_))} ${px(y(py))}`);
  const dash = look.dash === "" ? "" : ` stroke-dasharray="${look.dash}"`;
  return `<path d="${steps.join("")}" class="stroke ${look.leg}" fill="none" stroke-width="${look.width}" opacity="${look.opacity}"${dash}/>`;
}

/** Names at the ends of the curves, pushed apart so that none covers another. */
function labels(
  curves: readonly Curve[],
  x: (value: number) => number,
  y: (value: number) => number,
  height: number,
): string[] {
  const ends = curves
    .flatMap(({ label, look, points }) => {
      const end = points.at(-1);
      return end === undefined ? [] : [{ label, look, x: x(end[0]), y: y(end[1]) }];
    })
    .sort((one, other) => one.y - other.y);
  let free = TOP;
  const below = ends.map((end) => {
    const at = Math.max(end.y, free);
    free = at + LABEL_GAP;
    return { ...end, at };
  });
  const over = Math.max(0, free - LABEL_GAP - (height - BOTTOM));
  return below.flatMap(({ label, look, x: right, y: end, at }) => [
    line(right + 2, end, WIDTH - RIGHT + 12, at - over, `class="stroke ${look.leg}" stroke-width="0.75" opacity="0.5"`),
    text(WIDTH - RIGHT + 16, at - over + 4, label, 'class="label small"'),
  ]);
}
