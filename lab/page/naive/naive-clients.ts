/**
 * Four naive clients, one per transport, without cursor, heartbeat or retry. A message that is sent while no connection is
 * open is lost, and the client never notices. This shows why the real client has cursor, heartbeat and retry.
 */
import { newId } from "../../../public/model/world.ts";
import type { LaneClient, LaneClientOptions } from "../model/lane-client.ts";
import { nameOf } from "../model/message-sender.ts";
import { addressOf, type NaiveSession, openSession, postCommand } from "./naive-session.ts";

/** Takes what a naive client receives. */
interface Receiver {
  /** Called when the client believes that it is connected, repeatedly. */
  live(): void;
  /** Takes parsed JSON of any form. */
  event(event: unknown): void;
}

interface Connection {
  /** Rejects when the connection has ended. The client opens no other. */
  readonly ended: Promise<void>;
  /** Resolves to the reply if the transport has one. */
  send(command: object): Promise<unknown> | undefined;
}

type Open = (session: NaiveSession, receiver: Receiver) => Connection;

/** The intervals of the project's own client. */
const SHORT_POLL_MS = 2_000;
const HOLD = { hold: "25000" };

const OPENERS: ReadonlyMap<string, Open> = new Map<string, Open>([
  [
    "short-polling",
    (session, receiver) => ({
      ended: fetchLoop(session, "transports/short-polling", {}, SHORT_POLL_MS, receiver),
      send: (command) => postCommand(session, command),
    }),
  ],
  [
    "long-polling",
    (session, receiver) => ({
      ended: fetchLoop(session, "transports/long-polling", HOLD, 0, receiver),
      send: (command) => postCommand(session, command),
    }),
  ],
  [
    "sse",
    (session, receiver) => ({
      ended: bareEventSource(session, receiver),
      send: (command) => postCommand(session, command),
    }),
  ],
  ["websocket", bareWebSocket],
]);

/** Returns whether there is a naive client for this transport. */
export function hasNaive(transport: string): boolean {
  return OPENERS.has(transport);
}

/** Opens a naive client. Its first error ends it. */
export function openNaive({ transport, base, room, name, platform, record }: LaneClientOptions): LaneClient {
  const closing = new AbortController();
  const awaitingSeq = new Map<string, (seq: number) => void>();
  let connection: Connection | null = null;
  let live = false;

  const receiver: Receiver = {
    live() {
      if (!live) record({ kind: "state", state: "live" });
      live = true;
    },
    event(event) {
      if (typeof event !== "object" || event === null || !("seq" in event) || typeof event.seq !== "number") return;
      if ("id" in event && typeof event.id === "string") awaitingSeq.get(event.id)?.(event.seq);
      if (!("text" in event) || typeof event.text !== "string") return;
      const message = nameOf(event.text);
      if (message !== null) record({ kind: "received", message, seq: event.seq, replayed: false });
    },
  };

  async function run(): Promise<void> {
    record({ kind: "state", state: "connecting" });
    const session = await openSession(base, room, name, platform, closing.signal);
    const opener = OPENERS.get(transport);
    if (opener === undefined) throw new Error(`There is no naive client for ${transport}.`);
    connection = opener(session, receiver);
    await connection.ended;
  }
  run().catch((error: unknown) => {
    connection = null;
    if (closing.signal.aborted) return;
    record({ kind: "state", state: "closed", detail: error instanceof Error ? error.message : String(error) });
  });

  return {
    async send(text) {
      if (connection === null) throw new Error("The naive client has lost its connection. It opens no other.");
      const id = newId();
      const seqOfEvent = new Promise<number>((resolve) => awaitingSeq.set(id, resolve));
      const reply = await connection.send({ type: "say", id, text });
      const seq = typeof reply === "object" && reply !== null && "seq" in reply ? reply.seq : undefined;
      return typeof seq === "number" ? seq : seqOfEvent;
    },
    close: () => closing.abort(),
  };
}

/**
 * Polls in a loop, without a cursor. An answer without messages names the room's current position, and the next request
 * continues from there. After an answer with messages, the next request asks for the current position again: messages
 * sent in between are missed. The first failed request ends the loop.
 */
async function fetchLoop(
  session: NaiveSession,
  path: string,
  query: Readonly<Record<string, string>>,
  pauseMs: number,
  receiver: Receiver,
): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const url = addressOf(session, path, after === undefined ? query : { ...query, after });
    const answer = await session.platform.fetch(url, { signal: session.signal, cache: "no-store" });
    const events: unknown = await answer.json();
    if (!answer.ok || !Array.isArray(events)) throw new Error(`The server answered ${answer.status}.`);
    receiver.live();
    for (const event of events) receiver.event(event);
    after = events.map(cursorIn).at(-1);
    if (pauseMs > 0) await pause(session, pauseMs);
  }
}

/** Events about the room's current position carry a cursor; messages don't. */
function cursorIn(event: unknown): string | undefined {
  if (typeof event !== "object" || event === null || !("cursor" in event)) return undefined;
  return typeof event.cursor === "string" ? event.cursor : undefined;
}

function pause({ platform, signal }: NaiveSession, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = platform.clock.after(ms, resolve);
    signal.addEventListener("abort", () => {
      cancel();
      reject(signal.reason);
    });
  });
}

/**
 * Uses a bare EventSource. It has retry and a cursor built in: it reconnects by itself with the last event's id. Closing
 * it at the first error switches both off.
 */
function bareEventSource(session: NaiveSession, receiver: Receiver): Promise<void> {
  return new Promise((_, reject) => {
    const source = new EventSource(addressOf(session, "transports/sse"));
    const close = (reason: string): void => {
      source.close();
      reject(new Error(reason));
    };
    source.addEventListener("live", () => receiver.live());
    source.addEventListener("message", ({ data }) => receiver.event(JSON.parse(data)));
    source.addEventListener("error", () => close("onerror was called, without a reason"));
    session.signal.addEventListener("abort", () => close("closed"));
  });
}

/** Uses a bare WebSocket. When it is closed, it opens no other. */
function bareWebSocket(session: NaiveSession, receiver: Receiver): Connection {
  const url = addressOf(session, "transports/websocket");
  url.protocol = "ws:";
  const socket = new WebSocket(url);
  const ended = new Promise<never>((_, reject) => {
    socket.addEventListener("open", () => receiver.live());
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") receiver.event(JSON.parse(data));
    });
    socket.addEventListener("close", ({ code }) => reject(new Error(`onclose was called with ${code}`)));
    session.signal.addEventListener("abort", () => socket.close());
  });
  return {
    ended,
    send(command) {
      socket.send(JSON.stringify(command));
      return undefined;
    },
  };
}
