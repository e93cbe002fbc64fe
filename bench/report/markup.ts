/** HTML and SVG as text, and the scales of axes. */
import type { RowNote } from "../results.ts";

/** Escapes text for HTML. All text from data must go through it. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Returns prose as HTML, with code in backticks as code. */
export function prose(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

/** Returns a number for an attribute, rounded to a tenth of a pixel. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Returns a position in percent, for strips whose width depends on the page. */
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

/** Returns an SVG image with an accessible name; `attributes` sets its size. Its numbers are in a table as well. */
export function svg(title: string, attributes: string, body: readonly string[]): string {
  const name = escapeHtml(title);
  return `<svg ${attributes} role="img" aria-label="${name}"><title>${name}</title>${body.join("")}</svg>`;
}

/** Returns the marker of a value in the middle of a strip: a disc for ours, a ring for a peer, a square for a floor. */
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

/** Maps a value to a position on an axis. */
export type Scale = (value: number) => number;

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export function linear([from, to]: readonly [number, number], [start, end]: readonly [number, number]): Scale {
  const span = to - from === 0 ? 1 : to - from;
  return (value) => start + ((value - from) / span) * (end - start);
}

/** Returns a logarithmic scale. Values below the domain map to its start. */
export function logarithmic([from, to]: readonly [number, number], range: readonly [number, number]): Scale {
  const scale = linear([Math.log(from), Math.log(to)], range);
  return (value) => scale(Math.log(Math.max(value, from)));
}

/** Returns 1, 2 and 5 times the powers of ten between two values, or only the powers if those are too many. */
export function logTicks(from: number, to: number, most = 12): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1)
    for (const step of [1, 2, 5]) ticks.push(step * 10 ** power);
  const inside = ticks.filter((tick) => tick >= from * 0.999 && tick <= to * 1.001);
  return inside.length > most ? inside.filter((tick) => isPowerOfTen(tick)) : inside;
}

/** Returns round steps from 0 to `to`. */
export function linearTicks(to: number): number[] {
  const rough = to / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough) ?? power;
  return Array.from({ length: Math.floor(to / step) + 1 }, (_, at) => at * step);
}

function isPowerOfTen(value: number): boolean {
  return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
}
