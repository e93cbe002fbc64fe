import type { ChatClient, ClosedBecause, ConnectionState, Platform } from "../../../src/client/index.ts";
import { connect } from "../../../src/client/index.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import type { ClientEntry } from "../../engine/run.ts";
import { nameOf } from "./names.ts";

/** A client of the room on one lane. */
export interface LaneClientHandle {
  /** Sends the text; resolves to its seq. Rejects with why not. */
  send(text: string): Promise<number>;
  close(): void;
}

/** What a lane's client is opened with. */
export interface LaneOptions {
  readonly transport: string;
  /** The lane's proxy, or the server itself. */
  readonly base: URL;
  readonly room: string;
  readonly name: string;
  readonly platform: Platform;
  /** What it did and saw, as it happens. */
  tell(entry: ClientEntry): void;
}

/** The public client, pinned to one transport. */
export function openClient({ transport, base, room, name, platform, tell }: LaneOptions): LaneClientHandle {
  const client = connect({ url: base, room, name, transport, platform });
  let told = "";
  client.watch((state) => {
    const mark = markOf(state);
    const text = `${mark.state} ${mark.detail ?? ""}`;
    // The measured round trip is part of a client's state, and changes with every message.
    if (text !== told) tell({ kind: "state", ...mark });
    told = text;
  });
  const streaming = clientTransports.some(({ name: known, streaming }) => known === transport && streaming);
  void read(client, streaming, tell);
  return {
    send: (text) => client.send(text),
    // Leaving would append to the room's log, and through a cut lane it can't: the member lingers and is gone.
    close: () => client.close(),
  };
}

/** A poller can't set its clock by the server's, so there only the state tells what was caught up with. */
async function read(client: ChatClient, streaming: boolean, tell: (entry: ClientEntry) => void): Promise<void> {
  for await (const { event, latencyMs } of client) {
    if (event.type === "gap") tell({ kind: "gap", missed: event.missed });
    if (event.type !== "message") continue;
    const message = nameOf(event.text);
    if (message !== null)
      tell({
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
        ? { state: "live", detail: `resumed ${state.since.replayed}` }
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
