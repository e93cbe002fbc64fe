import type { ConnectionNumber } from "../proxy/contract.ts";
import type { Entry, LaneNumber } from "../run.ts";
import type { Direction } from "../weather.ts";
import { fromBase64 } from "./bytes.ts";
import { Dissector } from "./dissector.ts";
import { NOTHING, type Split, sum } from "./span.ts";

/** Explains all connections of a run, entry by entry, in the run's order. */
export class Anatomy {
  readonly #lanes = new Map<LaneNumber, Map<ConnectionNumber, Dissector>>();

  /** Takes in an entry; those that carry no bytes change nothing. */
  feed(entry: Entry): void {
    switch (entry.kind) {
      case "bytes":
        this.#dissector(entry.lane, entry.connection).feed(
          entry.direction,
          fromBase64(entry.base64),
          entry.at,
          entry.heldMs,
        );
        break;
      case "unrecorded":
        this.#dissector(entry.lane, entry.connection).skip(entry.direction, entry.byteLength, entry.at);
    }
  }

  /** What is known of a connection; undefined before its first byte. */
  connection(lane: LaneNumber, connection: ConnectionNumber): Dissector | undefined {
    return this.#lanes.get(lane)?.get(connection);
  }

  /** Payload and overhead of all that a lane's connections have carried, one way. */
  split(lane: LaneNumber, direction: Direction): Split {
    let split = NOTHING;
    for (const dissector of this.#lanes.get(lane)?.values() ?? []) split = sum(split, dissector.split(direction));
    return split;
  }

  #dissector(lane: LaneNumber, connection: ConnectionNumber): Dissector {
    const connections = this.#lanes.get(lane) ?? new Map<ConnectionNumber, Dissector>();
    const dissector = connections.get(connection) ?? new Dissector();
    this.#lanes.set(lane, connections.set(connection, dissector));
    return dissector;
  }
}
