import type { Entry } from "../../../lab/engine/run.ts";

/** What one connection carried. */
export interface Carried {
  up: Buffer;
  down: Buffer;
}

/** The recording of each connection of a lane, or of the only one there is, put together. */
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

/** As text, sorted, so that the order in which connections were accepted plays no part. */
export function comparable(connections: readonly Carried[]): string[] {
  return connections
    .filter(({ up, down }) => up.length + down.length > 0)
    .map(({ up, down }) => `${up.toString("latin1")}\n–––\n${down.toString("latin1")}`)
    .toSorted();
}
