import type { Entry } from "../../../lab/engine/run.ts";

/** Bytes of one connection. */
export interface Carried {
  up: Buffer;
  down: Buffer;
}

/** Joins the recorded bytes of each connection, of one lane or of all. */
export function recorded(entries: readonly Entry[], lane?: number): Carried[] {
  const connections = new Map<number, Carried>();
  for (const entry of entries) {
    if (entry.kind !== "bytes" || (lane !== undefined && entry.lane !== lane)) continue;
    const carried = connections.get(entry.connection) ?? { up: Buffer.alloc(0), down: Buffer.alloc(0) };
    connections.set(entry.connection, carried);
    carried[entry.direction] = Buffer.concat([carried[entry.direction], Buffer.from(entry.base64, "base64")]);
  }
  return [...connections.values()];
}

/** Returns the connections as sorted text, so that the order of their arrival does not matter. */
export function comparable(connections: readonly Carried[]): string[] {
  return connections
    .filter(({ up, down }) => up.length + down.length > 0)
    .map(({ up, down }) => `${up.toString("latin1")}\n–––\n${down.toString("latin1")}`)
    .toSorted();
}
