/** Figures with curves: latency by percentile, and metrics by a varied value. */
import type { Sample } from "../contract.ts";
import type { RowNote } from "../results.ts";
import { Histogram } from "../statistics/histogram.ts";
import {
  byLeg,
  glyph,
  type Measured,
  measuredOf,
  medianOf,
  nameIn,
  type Section,
  signOf,
  tonesOf,
  VARIED,
} from "./look.ts";
import { escapeHtml, line, logarithmic, logTicks, px, type Scale, svg, type Tick, text } from "./markup.ts";
import { tickText } from "./text.ts";

/** Ticks of percentiles, at 1 / (1 - p). */
const TICKS = [
  { value: 1, label: "0" },
  { value: 2, label: "50" },
  { value: 10, label: "90" },
  { value: 100, label: "99" },
  { value: 1_000, label: "99.9" },
  { value: 10_000, label: "99.99" },
  { value: 100_000, label: "99.999" },
];

/** Returns the latency of every row by percentile, over all rounds; empty if none was measured. */
export function latencyFigure(scenario: string, section: Section, samples: readonly Sample[]): string {
  // The points of a single row would all look the same. Their table is more useful.
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

/** Returns the curve over all rounds: [1 / (1 - p), ms]. The last receipt has p = 1 and can't be on this axis. */
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

/** Returns one figure for each varied value, with a panel for each metric. */
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

/** More curves than this in one panel can't be distinguished: then each leg has its own panel. */
const MOST = 9;

/**
 * Returns curves in panels side by side, on the same axes, so that they can be compared. A leg that is late by design has
 * its own axis. Each leg's panel includes the bare socket's curve as a reference.
 */
export function panelsOf(title: string, heading: string, xTicks: readonly Tick[], curves: readonly Curve[]): string {
  if (curves.length <= MOST) return panel(title, escapeHtml(heading), xTicks, curves);
  const floors = curves.filter(({ row }) => row.leg === "raw");
  const yDomain = domainOf(curves.filter(({ row }) => !signOf(row.leg).apart));
  return byLeg(curves.filter(({ row }) => row.leg !== "raw"))
    .map(({ sign, items }) => {
      const named = heading === "" ? sign.title : `${sign.title}: ${heading}`;
      const head = `<span class="${sign.tone}">${glyph(sign)}</span>${escapeHtml(named)}`;
      const own = items.map((curve) => ({ ...curve, label: nameIn(sign, curve.row) }));
      return panel(`${title}: ${sign.title}`, head, xTicks, [...floors, ...own], sign.apart ? null : yDomain);
    })
    .join("");
}

/** Returns panels under a caption, side by side if there is room. */
export function panelFigure(caption: string, panels: readonly string[]): string {
  return `<figure><figcaption>${escapeHtml(caption)}</figcaption><div class="panels">${panels.join("")}</div></figure>`;
}

/** Returns one panel; `heading` is HTML. Without a domain of y it uses that of its curves. */
function panel(
  title: string,
  heading: string,
  xTicks: readonly Tick[],
  curves: readonly Curve[],
  yDomain: readonly [number, number] | null = null,
): string {
  const head = heading === "" ? "" : `<h4>${heading}</h4>`;
  return `<div class="panel">${head}${curvePanel(title, { xTicks, yDomain: yDomain ?? domainOf(curves) }, curves)}</div>`;
}

/** Returns a row's curve, labelled with its name. */
export function curveOf(row: Curve["row"], points: Curve["points"]): Curve {
  return { label: row.name, row, dash: signOf(row.leg).dash, points };
}

export interface Curve {
  readonly label: string;
  readonly row: RowNote;
  readonly dash: string;
  /** Ascending in x; both above 0. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** The axes that panels side by side share. */
export interface Axes {
  readonly xTicks: readonly Tick[];
  readonly yDomain: readonly [number, number];
}

const WIDTH = 380;
const LEFT = 44;
const TOP = 12;
const BOTTOM = 26;
/** The minimum height. More labels need more. */
const SHORTEST = 230;
const LABEL_GAP = 15;
/** The width of a label's letter, and the distance to the label. */
const LETTER = 7.6;
const TO_LABEL = 16;
/** Points closer to each other than this are merged. */
const NEAR = 0.5;

/** Returns the smallest domain that contains the curves, with a margin. */
export function domainOf(curves: readonly Curve[]): readonly [number, number] {
  const values = curves.flatMap(({ points }) => points.map(([, y]) => y));
  return [Math.min(...values) * 0.85, Math.max(...values) * 1.15];
}

/** Returns curves on two logarithmic axes, each labelled at its end. */
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

/** Returns labels at the ends of the curves, moved apart so that none covers another. */
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

/** Returns ascending positions at least `gap` apart: first moves them down, then up again where they leave the range. */
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
