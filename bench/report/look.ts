/** How rows look in the report: the sign of each leg, their order and groups, and the sections in which they are compared. */
import type { Line, RowNote, ScenarioSummary } from "../results.ts";

/** How a leg is drawn and named: color, glyph and line, the same as in the page and the docs. */
export interface Sign {
  readonly leg: string;
  readonly title: string;
  /** CSS class that sets the color. */
  readonly tone: string;
  /** Strokes of the glyph in a box of 16 by 16. */
  readonly glyph: string;
  /** The dash pattern of its lines; empty if they are solid. */
  readonly dash: string;
  /** Whether its messages are late by design, so that it needs its own axis. */
  readonly apart: boolean;
}

/** In the order in which groups of rows are shown, the bare socket first. */
export const SIGNS: readonly Sign[] = [
  { leg: "raw", title: "Bare socket", tone: "bare", glyph: "M2.5 8h11", dash: "", apart: false },
  {
    leg: "websocket",
    title: "WebSocket",
    tone: "ws",
    glyph: "M2.5 5.5h11M11 3l2.5 2.5L11 8M13.5 10.5h-11M5 8l-2.5 2.5L5 13",
    dash: "",
    apart: false,
  },
  {
    leg: "sse",
    title: "Server-Sent Events",
    tone: "sse",
    glyph: "M13.5 8H3M6 4.5 2.5 8 6 11.5",
    dash: "9 3 1.5 3",
    apart: false,
  },
  {
    leg: "long-polling",
    title: "Long polling",
    tone: "long",
    glyph: "M2.5 5h7.5a3 3 0 0 1 0 6H3M5.5 8.5 3 11l2.5 2.5",
    dash: "6 4",
    apart: false,
  },
  {
    leg: "short-polling",
    title: "HTTP polling",
    tone: "short",
    glyph: "M2.5 4.5h2M7 4.5h2M11.5 4.5h2M2.5 11.5h2M7 11.5h2M11.5 11.5h2",
    dash: "1.5 4",
    apart: true,
  },
];

/** Returns the sign of a leg. An unknown leg looks like a bare one, with its own name. */
export function signOf(leg: string): Sign {
  const [bare] = SIGNS;
  const sign = SIGNS.find((each) => each.leg === leg) ?? bare;
  if (sign === undefined) throw new Error("there is no sign");
  return sign.leg === leg ? sign : { ...sign, leg, title: leg };
}

/** Returns the glyph next to a name. Screen readers ignore it, since the name is the same information. */
export function glyph({ tone, glyph: strokes }: Sign): string {
  return `<svg class="glyph ${tone}" viewBox="0 0 16 16" aria-hidden="true"><path d="${strokes}"/></svg>`;
}

const ORDER_OF_KINDS = { floor: 0, ours: 1, peer: 2 };

export interface LegGroup<Item> {
  /** The leg's title, color and glyph. */
  readonly sign: Sign;
  readonly items: readonly Item[];
}

/** Groups items by leg in the order of the signs; within a leg floors are first, then ours, then peers. */
export function byLeg<Item extends { readonly row: RowNote }>(items: readonly Item[]): LegGroup<Item>[] {
  const unknown = items.map(({ row }) => row.leg).filter((leg) => SIGNS.every((sign) => sign.leg !== leg));
  const legs = new Set([...SIGNS.map(({ leg }) => leg), ...unknown]);
  return [...legs].flatMap((leg) => {
    const own = items
      .filter(({ row }) => row.leg === leg)
      .sort((one, other) => ORDER_OF_KINDS[one.row.kind] - ORDER_OF_KINDS[other.row.kind]);
    return own.length === 0 ? [] : [{ sign: signOf(leg), items: own }];
  });
}

/** Returns the CSS classes of a row's marks: the color of its leg, and its kind. */
export function tonesOf({ leg, kind }: RowNote): string {
  return `${signOf(leg).tone} ${kind}`;
}

/** Returns a row's short name within its leg: "Skyrocket" and "socket-io" among the WebSockets. */
export function nameIn({ leg }: Sign, { kind, leg: own, name, system }: RowNote): string {
  if (own !== leg) return name;
  if (kind === "ours" && name === leg) return "Skyrocket";
  return kind === "peer" && name !== system ? name.replace(/-(websocket|sse|long-polling|polling)$/, "") : name;
}

export type Measured = Extract<Line, { kind: "measured" }>;

/** A line and its label within its section. */
export interface Named<Kind extends Line = Line> {
  readonly label: string;
  readonly row: RowNote;
  readonly line: Kind;
}

/** Lines that are compared: the rows at one point, or the points of a single row. */
export interface Section {
  readonly point: string | null;
  /** The section's lines with their labels. */
  readonly named: readonly Named[];
}

/** A point with a varied value: "200 readers", "50/s"; a number alone is messages at once. */
export const VARIED = /^([\d.]+)( readers| bytes|\/s|)$/;

/** Returns whether all points of a scenario are varied values. */
export function isVaried({ lines }: ScenarioSummary): boolean {
  return lines.length > 0 && lines.every(({ point }) => point !== null && VARIED.test(point));
}

export function sectionsOf({ lines }: ScenarioSummary): Section[] {
  if (new Set(lines.map(({ row }) => row.name)).size === 1)
    return [
      { point: null, named: lines.map((line) => ({ label: line.point ?? line.row.title, row: line.row, line })) },
    ];
  const points = [...new Set(lines.map(({ point }) => point))];
  return points.map((point) => ({
    point,
    named: lines.filter((line) => line.point === point).map((line) => ({ label: line.row.title, row: line.row, line })),
  }));
}

export function measuredOf({ named }: Pick<Section, "named">): Named<Measured>[] {
  return named.flatMap(({ label, row, line }) => (line.kind === "measured" ? [{ label, row, line }] : []));
}

export function medianOf({ cells }: Measured, metric: string): number | null {
  return cells.find((cell) => cell.metric === metric)?.value.median ?? null;
}
