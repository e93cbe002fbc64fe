import type { Teller } from "./event-batcher.ts";
import type { LanePorts } from "./ports.ts";
import type { FaultProxy, ProxyOptions, Tap } from "./proxy/contract.ts";
import type { Entry, LaneEntry, LaneNumber, WireEntry } from "./run.ts";

/** Makes a proxy: `startProxy`, or what stands for it. */
export type StartProxy = (options: ProxyOptions) => Promise<FaultProxy>;

/** A visitor's proxy, and the port it is on. */
export interface Lane {
  readonly lane: LaneNumber;
  readonly proxy: FaultProxy;
  /** Ends its connections and frees its port. */
  close(): Promise<void>;
}

/** Opens a proxy on a port of its own. Rejects with NoPortError, and with what listening may fail of. */
export async function openLane(
  lane: LaneNumber,
  ports: LanePorts,
  start: (port: number) => Promise<FaultProxy>,
): Promise<Lane> {
  const { started: proxy, giveBack } = await ports.open(start);
  return {
    lane,
    proxy,
    close: async () => {
      await proxy.close();
      giveBack();
    },
  };
}

/** Turns what a lane's proxy sees into entries, bytes only while they are asked for. */
export function tapOf(lane: LaneNumber, teller: Teller, recording: () => boolean): Tap {
  const tell = (at: number, what: Exclude<WireEntry, { kind: "bytes" | "unrecorded" }>): void => {
    const entry: LaneEntry & Entry = { at, lane, ...what };
    teller.tell(entry);
  };
  return {
    opened: (connection, at) => tell(at, { kind: "opened", connection }),
    passed: (connection, direction, bytes, at, heldMs) => {
      if (recording()) teller.tellPassed({ at, lane, connection, direction, bytes, heldMs });
    },
    swallowed: (connection, direction, byteLength, at) =>
      tell(at, { kind: "swallowed", connection, direction, byteLength }),
    fault: (connection, what, at) => tell(at, { kind: "fault", connection, what }),
    closed: (connection, by, at) => tell(at, { kind: "closed", connection, by }),
  };
}
