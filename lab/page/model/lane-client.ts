/** The client of one lane: the public client, whose states and messages are recorded. */
import {
  type ChatClient,
  type ClosedBecause,
  type ConnectionState,
  connect,
  type Platform,
} from "../../../src/client/index.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import type { ClientEntry } from "../../engine/run.ts";
import { nameOf } from "./message-sender.ts";

/** A member of the race's room, on one lane. */
export interface LaneClient {
  /** Resolves to the message's seq. Rejects with the reason why it was not sent. */
  send(text: string): Promise<number>;
  close(): void;
}

export interface LaneClientOptions {
  readonly transport: string;
  /** The lane's proxy, or the server itself. */
  readonly base: URL;
  readonly room: string;
  readonly name: string;
  readonly platform: Platform;
  /** Records what the client does and receives. */
  record(entry: ClientEntry): void;
}

/** Opens the public client, pinned to one transport. */
export function openClient({ transport, base, room, name, platform, record }: LaneClientOptions): LaneClient {
  const client = connect({ url: base, room, name, transport, platform });
  let recorded = "";
  client.watch((state) => {
    const mark = markOf(state);
    const text = `${mark.state} ${mark.detail ?? ""}`;
    // The client's state includes the measured round trip, which changes with every message.
    if (text !== recorded) record({ kind: "state", ...mark });
    recorded = text;
  });
  const streaming = clientTransports.some(({ name: known, streaming }) => known === transport && streaming);
  void read(client, streaming, record);
  return {
    send: (text) => client.send(text),
    // Not `leave`: it would append to the room's log, and it can't get through a cut lane. The member's session expires.
    close: () => client.close(),
  };
}

/** Records the race's messages. Polled ones have no latency: there the client's state shows whether a message is replayed. */
async function read(client: ChatClient, streaming: boolean, record: (entry: ClientEntry) => void): Promise<void> {
  for await (const { event, latencyMs } of client) {
    if (event.type === "gap") record({ kind: "gap", missed: event.missed });
    if (event.type !== "message") continue;
    const message = nameOf(event.text);
    if (message !== null)
      record({
        kind: "received",
        message,
        seq: event.seq,
        replayed: latencyMs === null && (streaming || client.state.kind !== "live"),
      });
  }
}

type Mark = Omit<Extract<ClientEntry, { readonly kind: "state" }>, "kind">;

function markOf(state: ConnectionState): Mark {
  switch (state.kind) {
    case "connecting":
      return { state: "connecting" };
    case "live":
      return state.since.kind === "resumed" && state.since.replayed > 0
        ? { state: "live", detail: `${state.since.replayed} replayed` }
        : { state: "live" };
    case "reconnecting":
      return { state: "reconnecting", detail: `attempt ${state.attempt}` };
    case "closed":
      return { state: "closed", detail: reasonOf(state.because) };
  }
}

function reasonOf(because: ClosedBecause): string {
  return "message" in because ? because.message : because.kind;
}
