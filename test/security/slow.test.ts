import { describe, expect, test } from "vitest";
import { startServer } from "../../src/server/server.ts";
import { Api } from "../support/api.ts";
import { freshRoom, say } from "../support/ids.ts";
import { ask, RawConnection } from "../support/raw-http.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { ServerSockets } from "../support/server-sockets.ts";
import { until } from "../support/wait.ts";
import { closeAll, openMany, statusOf } from "./support.ts";

const TIMEOUT_MS = 600;

describe("Slowloris", () => {
  const host = "Host: 127.0.0.1\r\n";
  const attacks: readonly { what: string; first: string; drip: string; answer: number }[] = [
    { what: "a head that never ends", first: `GET /healthz HTTP/1.1\r\n${host}`, drip: "X-A: b\r\n", answer: 408 },
    { what: "a request line that never ends", first: "GET /", drip: "a", answer: 408 },
    {
      what: "a body that never ends",
      first: `POST /api/sessions HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n`,
      drip: " ",
      answer: 408,
    },
    {
      what: "chunks that never end",
      first: `POST /api/sessions HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
      drip: "1\r\n \r\n",
      answer: 408,
    },
    { what: "not a single byte", first: "", drip: "", answer: 408 },
  ];

  test.each(attacks)(
    "$what, 100 times at once: all are cut in time, and others are served meanwhile",
    async (attack) => {
      await using server = Object.assign(await startServer({ settings: { requestTimeoutMs: TIMEOUT_MS } }), {
        [Symbol.asyncDispose]: () => server.close(),
      });
      const api = new Api(server.url);
      const { session } = await api.openSession(freshRoom());
      const connections = await openMany(server, 100, attack.first);
      const dripping = setInterval(() => {
        for (const { socket, closed } of connections) if (!closed && attack.drip !== "") socket.write(attack.drip);
      }, 50);
      try {
        expect(await api.execute(session, say("served"))).toMatchObject({ type: "ok" });
        await until("the end of all", () => connections.every(({ closed }) => closed));
        expect(new Set(await Promise.all(connections.map(statusOf)))).toEqual(new Set([attack.answer]));
        expect(await api.execute(session, say("still served"))).toMatchObject({ type: "ok" });
      } finally {
        clearInterval(dripping);
        closeAll(connections);
      }
    },
  );
});

describe("a peer that does not read", () => {
  test("its answers is cut and its unread bytes are dropped; a peer that reads is not cut", async () => {
    await using server = Object.assign(await startServer({ settings: { unreadMs: 3_000 } }), {
      [Symbol.asyncDispose]: () => server.close(),
    });
    using sockets = new ServerSockets(Number(server.url.port));
    const api = new Api(server.url);
    const { session, epoch } = await api.openSession(freshRoom());
    for (let n = 0; n < 20; n += 1) await api.execute(session, say("🚀".repeat(4_000)));
    const path = `/api/history?before=${epoch}-21&limit=500&session=${session}`;
    const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
    const greedy = await Promise.all(Array.from({ length: 5 }, () => RawConnection.open(server.url)));
    for (const { socket } of greedy) {
      socket.pause();
      socket.write(request.repeat(33));
    }
    await until("bytes to wait at the server", () => sockets.queuedBytes > 100_000);
    // A request is carried out when the answer before it has been taken: no connection has more than one page waiting.
    expect(sockets.queuedBytes).toBeLessThan(5 * 300_000);
    for (let n = 0; n < 10; n += 1) {
      expect((await ask(new URL(path, server.url))).status).toBe(200);
    }
    await until("their end at the server", () => sockets.queuedBytes === 0);
    expect(await api.execute(session, say("undisturbed"))).toMatchObject({ type: "ok" });
    closeAll(greedy);
  });

  test("a page of history is bounded in bytes, whatever is asked for", async () => {
    await using server = Object.assign(await startServer({ rateLimit: false }), {
      [Symbol.asyncDispose]: () => server.close(),
    });
    const api = new Api(server.url);
    const { session, epoch } = await api.openSession(freshRoom());
    const text = "\u{1F680}".repeat(4_000);
    for (let n = 0; n < 40; n += 1) await api.execute(session, say(text));
    let seen = 0;
    let before = `${epoch}-41`;
    for (;;) {
      const { body } = await ask(new URL(`/api/history?before=${before}&limit=500&session=${session}`, server.url));
      expect(body.length).toBeLessThan(300_000);
      const page: { events: unknown[]; cursor: string | null } = JSON.parse(body);
      seen += page.events.length;
      if (page.cursor === null) break;
      before = page.cursor;
    }
    expect(seen).toBe(41);
  });

  test("its stream: it is told and let go, and holds up nobody", async () => {
    await using server = Object.assign(
      await startServer({ rateLimit: false, settings: { slowBytes: 100_000, byeMs: 300 } }),
      {
        [Symbol.asyncDispose]: () => server.close(),
      },
    );
    using sockets = new ServerSockets(Number(server.url.port));
    const api = new Api(server.url);
    const room = freshRoom();
    const { session } = await api.openSession(room);
    const reader = await api.openSession(room, "reader");
    using stream = await RawConnection.open(server.url);
    stream.socket.write(
      `GET /transports/sse HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${reader.session}\r\n\r\n`,
    );
    await until("the stream", () => stream.text.includes('"live"'));
    stream.socket.pause();
    using other = await RawWebSocket.open(server.url, `/transports/websocket?session=${session}`);
    let said = 0;
    await until("the slow reader's end", async () => {
      for (let n = 0; n < 50; n += 1) {
        await api.execute(session, say("y".repeat(4_000)));
        said += 1;
      }
      return server.counts.connections === 1;
    });
    await until("the other's messages", () => other.messages.filter(({ type }) => type === "message").length === said);
    await until("nothing to wait any more", () => sockets.queuedBytes === 0);
  });
});
