import type { Direction } from "../../engine/weather.ts";
import type { Stroke } from "../model/story/parts.ts";
import { type Brush, type Frame, xOf } from "./brush.ts";

/** Between a stroke and its word, and between a word and what follows it; CSS pixels. */
const GAP_PX = 5;
/** No letter is narrower on average: what has less room than that need not be measured, which takes most of the time. */
const NARROWEST_PX = 3;
/** Strokes so near one another, as a request and its answer on a fast network, look like one, and share the place beside them. */
const ONE_PX = 4;

/**
 * What the bytes are, beside the middle of their strokes: above what went up, below what came down. A word that would lie
 * on another word, across another stroke or beyond the end is left out; the wire and the table have it.
 */
export function words({ pen, inks }: Brush, frame: Frame, strokes: readonly Stroke[]): void {
  const places = strokes.map(({ from, to }) => (xOf(frame, from) + xOf(frame, to)) / 2);
  const sorted = places.toSorted((one, other) => one - other);
  const free: Record<Direction, number> = { up: 0, down: 0 };
  const middle = (frame.client + frame.server) / 2;
  pen.fillStyle = inks.soft;
  for (const [index, { direction, label }] of strokes.entries()) {
    const x = places[index] ?? 0;
    if (label === "" || x < free[direction] || x > frame.width) continue;
    const room = (sorted.find((place) => place > x + ONE_PX) ?? frame.width + GAP_PX) - x - 2 * GAP_PX;
    if (room < label.length * NARROWEST_PX) continue;
    const { width } = pen.measureText(label);
    if (room < width) continue;
    free[direction] = x + width + 2 * GAP_PX;
    pen.fillText(label, x + GAP_PX, middle + (direction === "up" ? -4 : 10));
  }
}
