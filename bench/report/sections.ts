import type { Line, RowNote, ScenarioSummary } from "../results.ts";

export type Measured = Extract<Line, { kind: "measured" }>;

/** A line and what it is called within its section. */
export interface Named<Kind extends Line = Line> {
  readonly label: string;
  readonly row: RowNote;
  readonly line: Kind;
}

/** What is compared with one another: the rows at one point, or, of a single row, its points. */
export interface Section {
  readonly point: string | null;
  readonly named: readonly Named[];
}

/** A point that varies one thing: "200 readers", "50/s"; a bare number is messages at once. */
export const VARIED = /^([\d.]+)( readers| bytes|\/s|)$/;

/** Whether all points of a scenario are values of something that was varied. */
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
