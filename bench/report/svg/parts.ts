import type { RowNote } from "../../results.ts";
import { escapeHtml } from "../html-text.ts";

/** A number as an attribute: SVG needs no more than a tenth of a pixel. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A place on a strip, which is as wide as the page lets it be. */
export function percent(value: number): string {
  return `${Math.round(value * 100) / 100}%`;
}

export function text(x: number | string, y: number | string, content: string, attributes = ""): string {
  return `<text x="${at(x)}" y="${at(y)}" ${attributes}>${escapeHtml(content)}</text>`;
}

export function line(
  [x1, y1]: readonly [number | string, number | string],
  [x2, y2]: readonly [number | string, number | string],
  attributes: string,
): string {
  return `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" ${attributes}/>`;
}

/** A picture with its name for those who can't see it; its numbers stand in a table. `attributes` sizes it. */
export function svg(title: string, attributes: string, body: readonly string[]): string {
  const name = escapeHtml(title);
  return `<svg ${attributes} role="img" aria-label="${name}"><title>${name}</title>${body.join("")}</svg>`;
}

/** The sign of a measured value in the middle of a strip: a disc for ours, a ring for a peer, a square for a floor. */
export function marker({ kind }: Pick<RowNote, "kind">, x: string): string {
  switch (kind) {
    case "ours":
      return `<circle cx="${x}" cy="50%" r="5" fill="currentColor"/>`;
    case "peer":
      return `<circle cx="${x}" cy="50%" r="4" class="ring"/>`;
    case "floor":
      return `<rect x="${x}" y="50%" width="8" height="8" transform="translate(-4 -4)" fill="currentColor"/>`;
  }
}

function at(place: number | string): string {
  return typeof place === "number" ? px(place) : place;
}
