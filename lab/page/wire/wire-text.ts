/** Words for lanes and messages in the wire view. */
import type { RunLane } from "../../engine/run.ts";
import { transportTitle } from "../format.ts";
import type { Item } from "./model/wire-record.ts";

/** Returns the title of a lane. */
export function laneTitle(lanes: readonly RunLane[], lane: number): string {
  const found = lanes.find((one) => one.lane === lane);
  if (found === undefined) return `lane ${lane}`;
  return `${transportTitle(found.transport)}${found.naive ? " (naive)" : ""}`;
}

export function transportOf(lanes: readonly RunLane[], lane: number): string | undefined {
  return lanes.find((one) => one.lane === lane)?.transport;
}

/** Shortens a message's title. The icon beside it shows the transport. */
export function shortTitle(title: string): string {
  return title.replace(" /transports/", " …/");
}

/** Returns the direction of a message. */
export function directionText({ message }: Item): { readonly arrow: string; readonly says: string } {
  if (message.up !== null && message.down !== null) return { arrow: "⇅", says: "up and down" };
  return message.down === null ? { arrow: "↑", says: "up" } : { arrow: "↓", says: "down" };
}

/** Returns what is in a message: `message ×3, idle`. */
export function typesOf(types: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => (count === 1 ? type : `${type} ×${count}`)).join(", ");
}

/** Returns payload and total bytes of a message. */
export function sizeOf({ message: { split } }: Item): { readonly payload: number; readonly all: number } {
  const payload = split.up.payload + split.down.payload;
  return { payload, all: payload + split.up.overhead + split.down.overhead };
}
