import { newId } from "../../../public/model/world.ts";
import type { LaneClientHandle, LaneOptions } from "../model/lane.ts";
import { nameOf } from "../model/names.ts";
import { bareEventSource } from "./event-source.ts";
import { fetchLoop } from "./fetch-loop.ts";
import type { Hear } from "./hear.ts";
import { type NaiveSeat, post, takeSeat } from "./room.ts";
import { bareWebSocket } from "./web-socket.ts";

/** As the project's own client asks. */
const SHORT_POLL_MS = 2_000;
const HOLD = { hold: "25000" };

interface Open {
  /** Rejects when the client is over, and that is the end of it. */
  readonly over: Promise<void>;
  send(command: object): Promise<unknown> | undefined;
}

/** How each transport is used by who does not think of what may go wrong. */
const OPENERS: ReadonlyMap<string, (seat: NaiveSeat, hear: Hear) => Open> = new Map<
  string,
  (seat: NaiveSeat, hear: Hear) => Open
>([
  [
    "short-polling",
    (seat, hear) => ({
      over: fetchLoop(seat, "transports/short-polling", {}, SHORT_POLL_MS, hear),
      send: (command) => post(seat, command),
    }),
  ],
  [
    "long-polling",
    (seat, hear) => ({
      over: fetchLoop(seat, "transports/long-polling", HOLD, 0, hear),
      send: (command) => post(seat, command),
    }),
  ],
  ["sse", (seat, hear) => ({ over: bareEventSource(seat, hear), send: (command) => post(seat, command) })],
  [
    "websocket",
    (seat, hear) => {
      const socket = bareWebSocket(seat, hear);
      return {
        over: socket.closed,
        send(command) {
          socket.send(command);
          return undefined;
        },
      };
    },
  ],
]);

/** Whether there is a naive way to use this transport. */
export function hasNaive(transport: string): boolean {
  return OPENERS.has(transport);
}

/** A client without cursor, heartbeat and retry: what was in no open connection's hands is lost, and nobody is told. */
export function openNaive({ transport, base, room, name, platform, tell }: LaneOptions): LaneClientHandle {
  const life = new AbortController();
  const waiting = new Map<string, (seq: number) => void>();
  let open: Open | null = null;
  let live = false;

  const hear: Hear = {
    live() {
      if (!live) tell({ kind: "state", state: "live" });
      live = true;
    },
    event(event) {
      if (typeof event !== "object" || event === null || !("seq" in event) || typeof event.seq !== "number") return;
      if ("id" in event && typeof event.id === "string") waiting.get(event.id)?.(event.seq);
      if (!("text" in event) || typeof event.text !== "string") return;
      const message = nameOf(event.text);
      if (message !== null) tell({ kind: "received", message, seq: event.seq, replayed: false });
    },
  };

  async function run(): Promise<void> {
    tell({ kind: "state", state: "connecting" });
    const seat = await takeSeat(base, room, name, platform, life.signal);
    const opener = OPENERS.get(transport);
    if (opener === undefined) throw new Error(`There is no naive client for ${transport}.`);
    open = opener(seat, hear);
    await open.over;
  }
  run().catch((error: unknown) => {
    open = null;
    // Who closed it is not told of it.
    if (life.signal.aborted) return;
    tell({ kind: "state", state: "closed", detail: error instanceof Error ? error.message : String(error) });
  });

  return {
    async send(text) {
      if (open === null) throw new Error("The naive client has no connection, and makes no other.");
      const id = newId();
      const promise = new Promise<number>((resolve) => waiting.set(id, resolve));
      const reply = await open.send({ type: "say", id, text });
      const seq = typeof reply === "object" && reply !== null && "seq" in reply ? reply.seq : undefined;
      return typeof seq === "number" ? seq : promise;
    },
    close: () => life.abort(),
  };
}
