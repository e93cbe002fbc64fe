/** Indexes the entries of a run for drawing. Reads each entry once, in order. */
import type {
  Entry,
  LaneEntry,
  LaneNumber,
  NodeNumber,
  NodesEntry,
  ServerEntry,
  WeatherEntry,
} from "../../engine/run.ts";
import { LaneObservations } from "./lane-observations.ts";
import { LaneWire } from "./lane-wire.ts";
import {
  forgetBefore,
  lastUntil,
  type MessageRecord,
  NOTHING,
  type Receipt,
  type Served,
  type Totals,
  type Transfer,
} from "./run-records.ts";

/** Messages that are kept. Older ones are only counted. */
const MAX_MESSAGES = 5_000;
/** Readings of the server's resources that are kept. */
const MAX_SERVER_READINGS = 600;

interface LaneIndex {
  readonly wire: LaneWire;
  readonly client: LaneObservations;
  /** Messages that were dropped, and how many of them this lane lost. */
  forgotten: { meant: number; lost: number };
  /** The lane's totals when the first message was sent while it was live: what the lane had cost before. */
  totalsBefore: Totals | null;
  /** The newest transfer that carried a message down, by the message's name. */
  readonly carriers: Map<string, Transfer>;
}

/**
 * Transfers, messages with the times at which each end had them, and totals at any time. Views find records by binary
 * search over time, so drawing a long run costs no more than drawing a short one.
 */
export class RunIndex {
  readonly lanes = new Map<LaneNumber, LaneIndex>();
  readonly messages: MessageRecord[] = [];
  readonly servers: ServerEntry[] = [];
  readonly weathers: WeatherEntry[] = [];
  /** The states of the nodes; empty if the run has none. */
  readonly nodes: NodesEntry[] = [];
  readonly served = new Map<NodeNumber, Served[]>();
  readonly #byName = new Map<string, MessageRecord>();

  lane(lane: LaneNumber): LaneIndex {
    const known = this.lanes.get(lane);
    if (known !== undefined) return known;
    const fresh: LaneIndex = {
      wire: new LaneWire(),
      client: new LaneObservations(),
      forgotten: { meant: 0, lost: 0 },
      totalsBefore: null,
      carriers: new Map(),
    };
    this.lanes.set(lane, fresh);
    return fresh;
  }

  message(name: string): MessageRecord | undefined {
    return this.#byName.get(name);
  }

  take(entry: Entry): void {
    switch (entry.kind) {
      case "weather":
        this.weathers.push(entry);
        return;
      case "server":
        this.servers.push(entry);
        if (this.servers.length > MAX_SERVER_READINGS) this.servers.splice(0, MAX_SERVER_READINGS / 10);
        return;
      case "nodes":
        this.nodes.push(entry);
        return;
      default:
        this.#takeOfLane(entry);
    }
  }

  /** Drops records before this time. */
  forget(before: number): void {
    forgetBefore(this.servers, before);
    for (const list of [this.weathers, this.nodes, ...this.served.values()]) forgetBefore(list, before);
    for (const { wire, client } of this.lanes.values()) {
      wire.forget(before);
      client.forget(before);
    }
  }

  #takeOfLane(entry: LaneEntry): void {
    const lane = this.lane(entry.lane);
    switch (entry.kind) {
      case "send":
        this.#takeSent(entry);
        return;
      case "acknowledged":
        this.#amend(entry.message, (message) => {
          message.acknowledgedAt = entry.at;
          message.seq = entry.seq;
          if (message.serverAt === null || message.serverAt > entry.at) message.serverAt = entry.at;
        });
        return;
      case "not-sent":
        this.#amend(entry.message, (message) => {
          message.refused = entry.reason;
        });
        return;
      case "received": {
        const message = this.#byName.get(entry.message);
        const isDuplicate = message?.receipts.has(entry.lane) ?? false;
        const receipt = lane.client.takeReceived(entry, message, isDuplicate);
        if (!isDuplicate) message?.receipts.set(entry.lane, receipt);
        this.#arrive(lane, receipt);
        return;
      }
      case "gap":
        lane.client.gaps.push({ at: entry.at, missed: entry.missed });
        return;
      case "state":
        lane.client.takeState(entry);
        return;
      case "fault":
        lane.client.takeFault(entry.at, entry.what);
        return;
      default: {
        if (entry.kind === "routed") this.#countServed(entry.at, entry.node);
        const transfer = lane.wire.take(entry);
        if (transfer !== null) this.#place(transfer, entry.lane);
      }
    }
  }

  #countServed(at: number, node: NodeNumber): void {
    const list = this.served.get(node) ?? [];
    this.served.set(node, list);
    list.push({ at, requests: (list.at(-1)?.requests ?? 0) + 1 });
  }

  #takeSent({
    at,
    lane,
    message: name,
    textBytes,
  }: LaneEntry & { kind: "send"; message: string; textBytes: number }): void {
    const record: MessageRecord = {
      name,
      at,
      sender: lane,
      textBytes,
      serverAt: null,
      acknowledgedAt: null,
      seq: null,
      refused: null,
      receipts: new Map(),
    };
    for (const known of this.lanes.values()) {
      if (known.client.liveAt !== null) known.totalsBefore ??= lastUntil(known.wire.totals, at) ?? NOTHING;
    }
    this.messages.push(record);
    this.#byName.set(name, record);
    if (this.messages.length > MAX_MESSAGES) this.#forgetMessages();
  }

  #amend(name: string, change: (message: MessageRecord) => void): void {
    const message = this.#byName.get(name);
    if (message !== undefined) change(message);
  }

  /** Extends a transfer with messages back to when they were sent, at most 1 s, and forward to when the client had them. */
  #place(transfer: Transfer, lane: LaneNumber): void {
    for (const name of transfer.messages) {
      const message = this.#byName.get(name);
      if (message === undefined) continue;
      if (transfer.direction === "up") {
        if (message.sender === lane)
          transfer.from = Math.min(transfer.from, Math.max(message.at, transfer.from - 1_000));
        message.serverAt = Math.min(message.serverAt ?? transfer.to, transfer.to);
        continue;
      }
      message.serverAt = Math.min(message.serverAt ?? transfer.from, transfer.from);
      this.lane(lane).carriers.set(name, transfer);
      const receipt = message.receipts.get(lane);
      if (receipt !== undefined) join(transfer, receipt);
    }
  }

  /** The client may report a message before or after the proxy reports its bytes. */
  #arrive({ carriers }: LaneIndex, receipt: Receipt): void {
    const transfer = carriers.get(receipt.message);
    if (transfer !== undefined) join(transfer, receipt);
  }

  #forgetMessages(): void {
    for (const message of this.messages.splice(0, MAX_MESSAGES / 10)) {
      this.#byName.delete(message.name);
      for (const [number, lane] of this.lanes) {
        const { liveAt } = lane.client;
        lane.carriers.delete(message.name);
        const isHere = message.receipts.has(number);
        const isMeant = liveAt !== null && message.at >= liveAt && message.acknowledgedAt !== null;
        if (isHere || isMeant) lane.forgotten.meant += 1;
        if (!isHere && isMeant) lane.forgotten.lost += 1;
      }
    }
  }
}

/** Extends a transfer to when the client had the message that it carried. */
function join(transfer: Transfer, receipt: Receipt): void {
  transfer.to = Math.max(transfer.to, receipt.at);
  receipt.leftAt = transfer.from;
}
