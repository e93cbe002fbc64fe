import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { follow } from "../support/follow.ts";
import { clientFrame } from "../support/frames.ts";
import { freshRoom, say } from "../support/ids.ts";
import { testPlatform } from "../support/platform.ts";
import { EventQueue } from "../support/queue.ts";
import { RawConnection } from "../support/raw-http.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { countWrites, ServerSockets } from "../support/server-sockets.ts";
import { until } from "../support/wait.ts";

const READERS = 25;

let server: RunningServer;
let sockets: ServerSockets;
let api: Api;
let room: string;
const ends: (() => void)[] = [];

beforeEach(async () => {
  server = await startServer({ rateLimit: false, settings: { heartbeatMs: 600_000, lingerMs: 600_000 } });
  sockets = new ServerSockets(Number(server.url.port));
  api = new Api(server.url);
  room = freshRoom();
});
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  sockets[Symbol.dispose]();
  await server.close();
});

/** Counts the writes of each of the server's sockets from now on. */
function counters(of: readonly Socket[]): Map<Socket, number> {
  const writes = new Map<Socket, number>(of.map((socket) => [socket, 0]));
  for (const socket of of) countWrites(socket, () => writes.set(socket, (writes.get(socket) ?? 0) + 1));
  return writes;
}

/** A sender whose frames reach the server in one piece, hence in one turn of its event loop. */
async function openSender(): Promise<RawWebSocket> {
  const { session } = await api.openSession(room, "sender");
  const sender = await RawWebSocket.open(server.url, `/transports/websocket?session=${session}`);
  ends.push(() => sender[Symbol.dispose]());
  await sender.waitFor("live", ({ type }) => type === "live");
  return sender;
}

// Transports whose readers stay attached: streams, and polls that are held.
describe.each(clientTransports.filter(({ name }) => name !== "short-polling"))("$name", (transport) => {
  async function attachAll(): Promise<{ queues: EventQueue[]; writes: Map<Socket, number> }> {
    const sender = new Set(sockets.open);
    const queues: EventQueue[] = [];
    const already = server.counts.connections;
    for (let n = 0; n < READERS; n += 1) {
      const { session, cursor } = await api.openSession(room, `reader ${n}`);
      const controller = new AbortController();
      const attach = { base: server.url, session, after: cursor, reader: 1 };
      const queue = new EventQueue(cursor);
      const link = transport.connect(attach, testPlatform(), controller.signal);
      ends.push(() => controller.abort());
      queues.push(queue);
      follow(link, queue).catch((error: unknown) => expect.unreachable(String(error)));
      await link.opened;
    }
    const { cursor } = await api.current((await api.openSession(room, "the last")).session);
    await until("all readers to stand at the head", () => queues.every((queue) => queue.cursor === cursor));
    await until("all readers to be attached", () => server.counts.connections === already + READERS);
    return { queues, writes: counters(sockets.open.filter((socket) => !sender.has(socket))) };
  }

  /** Sockets of `POST`s made meanwhile are among those counted, and stay at nought. */
  const written = (writes: Map<Socket, number>): number[] => [...writes.values()].filter((count) => count > 0);

  test(`a broadcast to ${READERS} readers at the head is exactly one write per reader`, async () => {
    const sender = await openSender();
    const { queues, writes } = await attachAll();
    sender.send(say("to all"));
    await Promise.all(queues.map((queue) => queue.waitForText("to all")));
    expect(written(writes)).toEqual(Array.from({ length: READERS }, () => 1));
  });

  test("ten messages sent in one turn are one write per reader", async () => {
    const sender = await openSender();
    const { queues, writes } = await attachAll();
    const texts = Array.from({ length: 10 }, (_, n) => `message ${n}`);
    sender.sendBytes(Buffer.concat(texts.map((text) => clientFrame(Buffer.from(JSON.stringify(say(text)))))));
    await Promise.all(queues.map((queue) => queue.waitForText("message 9")));
    for (const queue of queues) expect(queue.texts).toEqual(texts);
    expect(written(writes)).toEqual(Array.from({ length: READERS }, () => 1));
  });
});

describe.each(clientTransports.filter(({ streaming }) => !streaming))("polls on $name", ({ name }) => {
  test.each([1, 10, 200])("%i waiting messages are one answer in one write", async (count) => {
    const ada = await api.openSession(room);
    for (let n = 0; n < count; n += 1) await api.execute(ada.session, say(`message ${n} 🚀`));
    const before = new Set(sockets.open);
    using poller = await RawConnection.open(server.url);
    const connection = await until("the connection", () => sockets.open.find((socket) => !before.has(socket)) ?? null);
    const writes = counters([connection]);
    const path = `/transports/${name}?session=${ada.session}&after=${ada.cursor}`;
    poller.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${server.url.host}\r\n\r\n`);
    await until("the whole answer", () => poller.text.endsWith("}]"));
    expect(poller.status).toBe(200);
    expect(JSON.parse(poller.bytes.toString().split("\r\n\r\n")[1] ?? "")).toHaveLength(count);
    expect([...writes.values()]).toEqual([1]);
  });
});

test("an empty answer to a short poll is one write", async () => {
  const ada = await api.openSession(room);
  const before = new Set(sockets.open);
  using poller = await RawConnection.open(server.url);
  const connection = await until("the connection", () => sockets.open.find((socket) => !before.has(socket)) ?? null);
  const writes = counters([connection]);
  const path = `/transports/short-polling?session=${ada.session}&after=${ada.cursor}`;
  poller.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${server.url.host}\r\n\r\n`);
  await until("the whole answer", () => poller.text.endsWith("\r\n\r\n[]"));
  expect([...writes.values()]).toEqual([1]);
});
