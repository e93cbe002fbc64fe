import type { RowNote } from "../results.ts";
import { escapeHtml } from "./html-text.ts";
import { byLeg, glyph, tonesOf } from "./look.ts";
import { line, percent, svg, text } from "./svg/parts.ts";
import type { Scale, Tick } from "./svg/scale.ts";

/** One row of a plot: its name, what is drawn of it on the strip, and its number in words. */
export interface PlotRow {
  readonly label: string;
  readonly row: RowNote;
  /** Drawn in the colour of the row's leg; x in percent of the strip, y around 50 %. */
  readonly marks: readonly string[];
  readonly figure: string;
  /** Says why there is no number; then nothing is drawn. */
  readonly invalid: string | null;
}

export interface Axis {
  readonly scale: Scale;
  readonly ticks: readonly Tick[];
  /** Where the axis has a stronger line; null where it has none. */
  readonly origin: number | null;
}

/** A strip begins and ends a little inside its cell, so that marks and labels at its ends are whole. */
export const STRIP: readonly [number, number] = [2, 97];

/** Rows drawn on one axis: a table whose middle column is the picture, so that names and numbers are text at every width. */
export function plotTable(caption: string, heading: string, axis: Axis, rows: readonly PlotRow[]): string {
  const grid = gridOf(axis);
  const groups = byLeg(rows).map(
    ({ sign, items }) =>
      `<tbody class="${sign.tone}"><tr class="leg"><th colspan="3" scope="rowgroup">${glyph(sign)}${escapeHtml(sign.title)}</th></tr>${items.map((row) => rowOf(row, grid)).join("")}</tbody>`,
  );
  return `<table class="plot"><caption>${escapeHtml(caption)}</caption><thead><tr><th scope="col"><span class="unseen">row</span></th><td class="axis">${ticksOf(axis)}</td><th scope="col">${escapeHtml(heading)}</th></tr></thead>${groups.join("")}</table>`;
}

function rowOf({ label, row, marks, figure, invalid }: PlotRow, grid: string): string {
  const name = `<th scope="row" class="${row.kind}">${escapeHtml(label)}</th>`;
  if (invalid !== null) return `<tr>${name}<td colspan="2" class="invalid">${escapeHtml(invalid)}</td></tr>`;
  return `<tr>${name}<td class="strip">${stripOf(`${label}: ${figure}`, row, grid, marks)}</td><td class="figure">${escapeHtml(figure)}</td></tr>`;
}

/** The picture of one row. */
export function stripOf(title: string, row: RowNote, grid: string, marks: readonly string[]): string {
  return svg(title, `class="strip"`, [grid, `<g class="${tonesOf(row)}">${marks.join("")}</g>`]);
}

/** The axis' lines, for every strip alike: they join up from row to row. */
export function gridOf({ scale, ticks, origin }: Axis): string {
  return ticks
    .map(({ value }) => {
      const x = percent(scale(value));
      return line([x, 0], [x, "100%"], `class="${value === origin ? "origin" : "grid"}"`);
    })
    .join("");
}

export function ticksOf({ scale, ticks }: Axis): string {
  const labels = ticks.map(({ value, label }) => text(percent(scale(value)), 12, label, 'class="tick middle"'));
  return `<svg class="ticks" aria-hidden="true">${labels.join("")}</svg>`;
}
