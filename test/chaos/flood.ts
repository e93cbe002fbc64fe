import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Session } from "../../src/protocol/http.ts";
import { Api } from "../support/api.ts";
import { clientFrame } from "../support/frames.ts";
import { say } from "../support/ids.ts";
import { UPGRADE } from "../support/raw-http.ts";
import { until } from "../support/wait.ts";
import { insist } from "./insist.ts";

export interface FloodOptions {
  readonly server: URL;
  readonly room: string;
  readonly messages: number;
  readonly transports: readonly string[];
}

export interface FloodVerdict {
  /** Messages sent without waiting for anything, by commands that were all written at once. */
  readonly sent: number;
  /** Of those, how many are in the log, and how often one stands there out of its order or twice. */
  readonly stored: number;
  readonly disordered: number;
  /** Readers that took nothing, and those of them the server has let go. */
  readonly deaf: number;
  readonly letGo: number;
}

const TEXT = "x".repeat(3_900);
const PAGE = 500;
/** Longer than the server keeps a reader that takes nothing. */
const DEAF_MS = 20_000;

/** A publisher that never waits, and for each stream a reader that never reads, in a room of their own. */
export async function flood({ server, room, messages, transports }: FloodOptions): Promise<FloodVerdict> {
  const api = new Api(server);
  const publisher = await insist(() => api.openSession(room, "never waits"));
  const sockets: Socket[] = [];
  try {
    const duplex = await insist(() => open(server, "websocket", publisher));
    sockets.push(duplex);
    const ids = Array.from({ length: messages }, (_, n) => `flood-${room}-${n}`);
    for (const [n, id] of ids.entries())
      duplex.write(clientFrame(Buffer.from(JSON.stringify({ ...say(`${n} ${TEXT}`), id }))));
    // Its replies are not read either.
    duplex.pause();
    const streams = transports.filter((name) => !name.endsWith("-polling"));
    const deaf: Socket[] = [];
    for (const transport of streams) {
      const session = await insist(() => api.openSession(room, "never reads"));
      const socket = await insist(() => open(server, transport, { ...session, cursor: publisher.cursor }));
      socket.pause();
      deaf.push(socket);
    }
    sockets.push(...deaf);
    await pause(DEAF_MS);
    for (const socket of deaf) socket.resume();
    // What the kernel holds is read to its end; a stream that goes on has no end.
    const gone = (): number => deaf.filter(({ readableEnded, destroyed }) => readableEnded || destroyed).length;
    await until("all to be let go", () => gone() === deaf.length, 30_000).catch(() => undefined);
    const letGo = gone();
    const stored = await storedIds(api, publisher);
    const own = stored.filter((id) => ids.includes(id));
    const inOrder = own.every((id, place) => id === ids[place]);
    return { sent: messages, stored: own.length, disordered: inOrder ? 0 : 1, deaf: deaf.length, letGo };
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

/** The ids of all messages of the room, oldest first. */
async function storedIds(api: Api, { session }: Session): Promise<string[]> {
  const pages: string[][] = [];
  let { cursor: before } = await insist(() => api.current(session));
  for (;;) {
    const page = await insist(() => api.history(session, before, PAGE));
    pages.unshift(page.events.flatMap((event) => (event.type === "message" ? [event.id] : [])));
    if (page.cursor === null) return pages.flat();
    before = page.cursor;
  }
}
