import { styleOf } from "../../../public/view/transports.tsx";
import type { RunLane } from "../../engine/run.ts";
import type { Item } from "./model/record.ts";

/** What to call a lane. */
export function laneTitle(lanes: readonly RunLane[], lane: number): string {
  const found = lanes.find((one) => one.lane === lane);
  if (found === undefined) return `lane ${lane}`;
  return `${styleOf(found.transport).short ?? found.transport}${found.naive ? " (naive)" : ""}`;
}

export function transportOf(lanes: readonly RunLane[], lane: number): string | undefined {
  return lanes.find((one) => one.lane === lane)?.transport;
}

/** `1,234 B`, `12.3 kB`. */
export function bytes(count: number): string {
  return count < 10_000
    ? `${count.toLocaleString("en")} B`
    : `${(count / 1_000).toLocaleString("en", { maximumFractionDigits: 1 })} kB`;
}

/** `12.345 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}

/** A passage's title where there is little room: the lane's sign beside it says the transport anyway. */
export function shortTitle(title: string): string {
  return title.replace(" /transports/", " …/");
}

/** Which way a passage went. */
export function wayOf({ passage }: Item): { readonly arrow: string; readonly says: string } {
  if (passage.up !== null && passage.down !== null) return { arrow: "⇅", says: "up and down" };
  return passage.down === null ? { arrow: "↑", says: "up" } : { arrow: "↓", says: "down" };
}

/** What is in a passage, in few words: `message ×3, idle`. */
export function typesOf(types: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => (count === 1 ? type : `${type} ×${count}`)).join(", ");
}

/** All bytes of a passage. */
export function sizeOf({ passage: { split } }: Item): { readonly payload: number; readonly all: number } {
  const payload = split.up.payload + split.down.payload;
  return { payload, all: payload + split.up.overhead + split.down.overhead };
}
