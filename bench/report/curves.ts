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

/** More curves than this in one panel can't be told apart: then each leg has a panel. */
const MOST = 9;

/**
 * Curves in panels beside one another, on the same axes, so that they can be read across; a leg that is late by design
 * has its own. Each leg's panel has the bare socket's curve to be held against.
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

/** Panels side by side where there is room, under what they show. */
export function panelFigure(caption: string, panels: readonly string[]): string {
  return `<figure><figcaption>${escapeHtml(caption)}</figcaption><div class="panels">${panels.join("")}</div></figure>`;
}

/** One panel; `heading` is HTML. Without a domain of y it has what its curves need. */
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

/** A row's curve under its name. */
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
