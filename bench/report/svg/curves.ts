import type { RowNote } from "../../results.ts";
import { tonesOf } from "../look.ts";
import { tickText } from "../text.ts";
import { line, px, svg, text } from "./parts.ts";
import { logarithmic, logTicks, type Scale, type Tick } from "./scale.ts";

export interface Curve {
  readonly label: string;
  readonly row: RowNote;
  readonly dash: string;
  /** Ascending in x; both above 0. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What panels beside one another share, so that they can be read across. */
export interface Axes {
  readonly xTicks: readonly Tick[];
  readonly yDomain: readonly [number, number];
}

const WIDTH = 380;
const LEFT = 44;
const TOP = 12;
const BOTTOM = 26;
/** Enough for all labels below one another, and no less than this. */
const SHORTEST = 230;
const LABEL_GAP = 15;
/** What a letter of a label takes in, and the way to it. */
const LETTER = 7.6;
const TO_LABEL = 16;
/** Points nearer to one another than this are one. */
const NEAR = 0.5;

/** The smallest domain that holds the curves, with some air. */
export function domainOf(curves: readonly Curve[]): readonly [number, number] {
  const values = curves.flatMap(({ points }) => points.map(([, y]) => y));
  return [Math.min(...values) * 0.85, Math.max(...values) * 1.15];
}

/** Curves over two logarithmic axes, each named at its end. */
export function curvePanel(title: string, { xTicks, yDomain }: Axes, curves: readonly Curve[]): string {
  const height = Math.max(SHORTEST, curves.length * LABEL_GAP + TOP + BOTTOM);
  const right = WIDTH - TO_LABEL - Math.max(...curves.map(({ label }) => label.length)) * LETTER;
  const xs = [...curves.flatMap(({ points }) => points.map(([x]) => x)), ...xTicks.map(({ value }) => value)];
  const x = logarithmic([Math.min(...xs), Math.max(...xs)], [LEFT, right]);
  const y = logarithmic(yDomain, [height - BOTTOM, TOP]);
  const grid = [
    ...logTicks(...yDomain, 9).flatMap((tick) => [
      line([LEFT, y(tick)], [right, y(tick)], 'class="grid"'),
      text(LEFT - 6, y(tick) + 4, tickText(tick), 'class="tick end"'),
    ]),
    ...xTicks.flatMap(({ value, label }) => [
      line([x(value), TOP], [x(value), height - BOTTOM], 'class="grid"'),
      text(x(value), height - BOTTOM + 16, label, 'class="tick middle"'),
    ]),
  ];
  return svg(title, `class="curves" viewBox="0 0 ${WIDTH} ${px(height)}"`, [
    ...grid,
    ...curves.map((curve) => path(curve, x, y)),
    ...labels(curves, x, y, [right, height - BOTTOM]),
  ]);
}

function path({ row, dash, points }: Curve, x: Scale, y: Scale): string {
  const places: [number, number][] = [];
  for (const [across, up] of points) {
    const [left, top] = [x(across), y(up)];
    const [before, above] = places.at(-1) ?? [Number.NEGATIVE_INFINITY, 0];
    if (left - before > NEAR || Math.abs(top - above) > NEAR) places.push([left, top]);
  }
  const steps = places.map(([left, top], at) => `${at === 0 ? "M" : "L"}${px(left)} ${px(top)}`);
  const dashes = dash === "" ? "" : ` stroke-dasharray="${dash}"`;
  return `<path d="${steps.join("")}" class="curve ${tonesOf(row)}"${dashes}/>`;
}

/** Names at the ends of the curves, pushed apart so that none covers another. */
function labels(curves: readonly Curve[], x: Scale, y: Scale, [right, bottom]: readonly [number, number]): string[] {
  const ends = curves
    .flatMap(({ label, row, points }) => {
      const end = points.at(-1);
      return end === undefined ? [] : [{ label, row, x: x(end[0]), y: y(end[1]) }];
    })
    .sort((one, other) => one.y - other.y);
  const places = spread(
    ends.map((end) => end.y),
    LABEL_GAP,
    [TOP, bottom],
  );
  return ends.flatMap((end, at) => {
    const place = places[at] ?? end.y;
    return [
      line([end.x + 2, end.y], [right + 10, place], `class="leader ${tonesOf(end.row)}"`),
      text(right + 13, place + 4, end.label, `class="name ${end.row.kind}"`),
    ];
  });
}

/** Ascending places at least `gap` apart, as near to the wanted ones as going down and then up again lets them be. */
function spread(wanted: readonly number[], gap: number, [top, bottom]: readonly [number, number]): number[] {
  let free = top;
  const down = wanted.map((place) => {
    const at = Math.max(place, free);
    free = at + gap;
    return at;
  });
  let limit = bottom;
  return down
    .toReversed()
    .map((place) => {
      const at = Math.min(place, limit);
      limit = at - gap;
      return at;
    })
    .toReversed();
}
