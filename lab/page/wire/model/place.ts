import type { LaneNumber } from "../../../engine/run.ts";
import type { Direction } from "../../../engine/weather.ts";

/** One byte of a run, as an address names it: `#lane=3&connection=0&down=120`. */
export interface Place {
  readonly lane: LaneNumber;
  readonly connection: number;
  readonly direction: Direction;
  readonly offset: number;
}

/** What the part of an address behind `#` names; null: no byte. */
export function placeOf(hash: string): Place | null {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const lane = wholeOf(query.get("lane"));
  const connection = wholeOf(query.get("connection"));
  const direction = query.has("up") ? "up" : "down";
  const offset = wholeOf(query.get(direction));
  return lane === null || connection === null || offset === null ? null : { lane, connection, direction, offset };
}

export function hashOf({ lane, connection, direction, offset }: Place): string {
  return `#lane=${lane}&connection=${connection}&${direction}=${offset}`;
}

/** A number of at most 15 digits; null: none. */
export function wholeOf(text: string | null): number | null {
  return text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}
