import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Session } from "../../src/protocol/http.ts";
import { Api } from "../support/api.ts";
import { clientFrame } from "../support/frames.ts";
import { say } from "../support/ids.ts";
import { UPGRADE } from "../support/raw-http.ts";
import { retryUntilSuccess } from "../support/retry.ts";
import { until } from "../support/wait.ts";

export interface FloodOptions {
  readonly server: URL;
  readonly room: string;
  readonly messages: number;
  readonly transports: readonly string[];
}

export interface FloodVerdict {
  /** Messages sent without waiting for replies. */
  readonly sent: number;
  /** How many of them are in the log. */
  readonly stored: number;
  /** 1 if any of them is out of order or duplicated in the log, else 0. */
  readonly disordered: number;
  /** Readers that read nothing, and how many of them the server disconnected. */
  readonly unread: number;
  readonly disconnected: number;
}

const TEXT = "x".repeat(3_900);
const PAGE = 500;
/** Longer than the server keeps a reader that reads nothing. */
const UNREAD_MS = 20_000;

/** Runs a publisher that never waits and, on each streaming transport, a reader that never reads, in their own room. */
export async function flood({ server, room, messages, transports }: FloodOptions): Promise<FloodVerdict> {
  const api = new Api(server);
  const publisher = await retryUntilSuccess(() => api.openSession(room, "never waits"));
  const sockets: Socket[] = [];
  try {
    const duplex = await retryUntilSuccess(() => open(server, "websocket", publisher));
    sockets.push(duplex);
    const ids = Array.from({ length: messages }, (_, n) => `flood-${room}-${n}`);
    for (const [n, id] of ids.entries())
      duplex.write(clientFrame(Buffer.from(JSON.stringify({ ...say(`${n} ${TEXT}`), id }))));
    // The publisher does not read its replies either.
    duplex.pause();
    const streams = transports.filter((name) => !name.endsWith("-polling"));
    const unread: Socket[] = [];
    for (const transport of streams) {
      const session = await retryUntilSuccess(() => api.openSession(room, "never reads"));
      const socket = await retryUntilSuccess(() => open(server, transport, { ...session, cursor: publisher.cursor }));
      socket.pause();
      unread.push(socket);
    }
    sockets.push(...unread);
    await pause(UNREAD_MS);
    for (const socket of unread) socket.resume();
    // Reads what the kernel holds. A stream ends only if the server has disconnected it.
    const ended = (): number => unread.filter(({ readableEnded, destroyed }) => readableEnded || destroyed).length;
    await until("all to be disconnected", () => ended() === unread.length, 30_000).catch(() => undefined);
    const disconnected = ended();
    const stored = await storedIds(api, publisher);
    const own = stored.filter((id) => ids.includes(id));
    const inOrder = own.every((id, place) => id === ids[place]);
    return { sent: messages, stored: own.length, disordered: inOrder ? 0 : 1, unread: unread.length, disconnected };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

async function open(
  server: URL,
  transport: string,
  { session, cursor }: Pick<Session, "session" | "cursor">,
): Promise<Socket> {
  const socket = connect(Number(server.port), server.hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const upgrade = transport === "websocket" ? Object.entries(UPGRADE) : [];
  const lines = [["host", server.host], ...upgrade].map(([name, value]) => `${name}: ${value}\r\n`);
  const path = `/transports/${transport}?session=${session}&after=${cursor}`;
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  const [head] = await Promise.race([once(socket, "data"), once(socket, "close").then(() => [])]);
  if (!/^HTTP\/1\.1 (?:200|101)/.test(String(head))) throw new Error(`${transport} was not opened`);
  return socket;
}

/** Returns the ids of all messages of the room, oldest first. */
async function storedIds(api: Api, { session }: Session): Promise<string[]> {
  const pages: string[][] = [];
  let { cursor: before } = await retryUntilSuccess(() => api.current(session));
  for (;;) {
    const page = await retryUntilSuccess(() => api.history(session, before, PAGE));
    pages.unshift(page.events.flatMap((event) => (event.type === "message" ? [event.id] : [])));
    if (page.cursor === null) return pages.flat();
    before = page.cursor;
  }
}
