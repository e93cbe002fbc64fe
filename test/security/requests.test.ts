import { describe, expect, test } from "vitest";
import { startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { clientFrame } from "../support/frames.ts";
import { freshRoom, say } from "../support/ids.ts";
import { ask, RawConnection } from "../support/raw-http.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { until } from "../support/wait.ts";
import { get, join, useServer } from "./support.ts";

const server = useServer({ rateLimit: false });

/** What came on a connection of its own after these bytes, when the server has closed it. */
async function untilClosed(bytes: string): Promise<string> {
  using connection = await RawConnection.open(server().url);
  connection.socket.write(bytes, "latin1");
  await until("the end", () => connection.closed);
  return connection.text;
}

const HOST = "Host: 127.0.0.1\r\n";
const JSON_TYPE = "Content-Type: application/json\r\n";

describe("too much", () => {
  test.each([
    ["one header of 17 KiB", `X: ${"x".repeat(17_000)}\r\n`],
    ["3,000 headers", "X: y\r\n".repeat(3_000)],
    ["a query of 17 KiB", ""],
  ])("%s: 431, and closed", async (_what, headers) => {
    const query = headers === "" ? "q".repeat(17_000) : "";
    expect(await untilClosed(`GET /healthz?${query} HTTP/1.1\r\n${HOST}${headers}\r\n`)).toMatch(/^HTTP\/1.1 431 /);
  });

  test("a body that says it is a gigabyte is refused before it is sent", async () => {
    const head = `POST /api/sessions HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 1000000000\r\nConnection: close\r\n\r\n`;
    expect(await untilClosed(head)).toMatch(/^HTTP\/1.1 413 /);
  });

  test("endless chunks are refused at the limit", async () => {
    using connection = await RawConnection.open(server().url);
    connection.socket.write(`POST /api/sessions HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `1000\r\n${" ".repeat(4_096)}\r\n`;
    await until("the refusal", () => {
      if (connection.socket.writable) connection.socket.write(chunk);
      return connection.status;
    });
    expect(connection.status).toBe(413);
  });

  test.each([
    ["a frame over the limit", [clientFrame(Buffer.alloc(65_537))], 1009],
    ["a frame that says it is a gigabyte", [Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4])], 1009],
    [
      "fragments over the limit together",
      Array.from({ length: 20 }, (_, n) => clientFrame(Buffer.alloc(4_000), { opcode: n === 0 ? 1 : 0, fin: false })),
      1009,
    ],
    [
      "20,000 empty fragments",
      Array.from({ length: 20_000 }, (_, n) => clientFrame(Buffer.alloc(0), { opcode: n === 0 ? 1 : 0, fin: false })),
      1008,
    ],
  ])("%s closes a WebSocket", async (_what, frames, code) => {
    const { session } = await new Api(server().url).openSession(freshRoom());
    using socket = await RawWebSocket.open(server().url, `/transports/websocket?session=${session}`);
    socket.sendBytes(Buffer.concat(frames));
    expect(await socket.waitForClose()).toBe(code);
  });

  test("a flood of pings ends its connection, and costs nobody else anything", async () => {
    const api = new Api(server().url);
    const room = freshRoom();
    const [flooder, other] = [await api.openSession(room), await api.openSession(room)];
    using flooding = await RawWebSocket.open(server().url, `/transports/websocket?session=${flooder.session}`);
    using socket = await RawWebSocket.open(server().url, `/transports/websocket?session=${other.session}`);
    flooding.sendBytes(Buffer.concat(Array.from({ length: 5_000 }, () => clientFrame(Buffer.alloc(0), { opcode: 9 }))));
    await until("its end", () => flooding.connection.closed);
    socket.send({ type: "say", id: "after", text: "undisturbed" });
    await socket.waitFor("the reply", ({ type, id }) => type === "ok" && id === "after");
  });
});

describe("a flood on a WebSocket", () => {
  const empty = Buffer.alloc(0);
  const floods: readonly { what: string; frame: Buffer; mayAnswer: number }[] = [
    { what: "commands to be refused", frame: clientFrame(Buffer.from("{}")), mayAnswer: 100 },
    { what: "pings", frame: clientFrame(empty, { opcode: 9 }), mayAnswer: 0 },
    { what: "pongs that nobody asked for", frame: clientFrame(empty, { opcode: 10 }), mayAnswer: 0 },
    {
      what: "pieces of one message",
      frame: Buffer.concat([
        clientFrame(Buffer.from(" "), { opcode: 1, fin: false }),
        ...Array.from({ length: 10_000 }, () => clientFrame(empty, { opcode: 0, fin: false })),
        clientFrame(Buffer.from("{}"), { opcode: 0 }),
      ]),
      mayAnswer: 100,
    },
  ];

  test.each(floods)("of $what closes it with 1008, and others are served meanwhile", async ({ frame, mayAnswer }) => {
    const limited = await startServer({ settings: { messageRate: { perSecond: 0.001, burst: 100 } } });
    try {
      const api = new Api(limited.url);
      const room = freshRoom();
      const [flooder, other] = [await api.openSession(room), await api.openSession(room)];
      const path = `/transports/websocket?session=${flooder.session}`;
      using flooding = await RawWebSocket.open(limited.url, path);
      await flooding.waitFor("live", ({ type }) => type === "live");
      flooding.sendBytes(Buffer.concat(Array.from({ length: frame.length > 100 ? 100 : 20_000 }, () => frame)));
      for (let n = 0; n < 20; n += 1)
        expect(await api.execute(other.session, say(`served ${n}`))).toMatchObject({ type: "ok" });
      expect(await flooding.waitForClose()).toBe(1008);
      expect(flooding.messages.filter(({ type }) => type === "refused").length).toBeLessThanOrEqual(mayAnswer);
      await until("its end at the server", () => limited.counts.connections === 0);
      // Its next connection has no new burst.
      using next = await RawWebSocket.open(limited.url, path);
      next.sendBytes(frame);
      next.sendBytes(clientFrame(Buffer.from("{}")));
      expect(await next.waitForClose()).toBe(1008);
    } finally {
      await limited.close();
    }
  });
});

describe("one request made to look like two, or two like one", () => {
  const smuggled = "GET /api/members HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  test.each([
    ["a length and chunks", `Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ["chunks and a length", `Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n${smuggled}`],
    ["two lengths", `Content-Length: 2\r\nContent-Length: 60\r\n\r\n{}${smuggled}`],
    ["chunks under another name", `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ["chunked twice over", `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`],
    ["a space before the colon", `Content-Length : 2\r\n\r\n{}${smuggled}`],
    ["a length with a sign", `Content-Length: +2\r\n\r\n{}${smuggled}`],
    ["a folded header", `X: a\r\n Content-Length: 2\r\n\r\n{}${smuggled}`],
    ["line feeds alone", `X: a\nContent-Length: 2\n\n{}${smuggled}`],
    ["a chunk longer than it says", `Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX\r\n0\r\n\r\n${smuggled}`],
  ])("%s: 400, closed, and the second is never answered", async (_what, rest) => {
    const text = await untilClosed(`POST /api/sessions HTTP/1.1\r\n${HOST}${JSON_TYPE}${rest}`);
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(text.match(/HTTP\/1.1 /g)).toHaveLength(1);
  });
});

describe("what JSON can hold", () => {
  test.each([
    '{"room":"pollution","name":"Ada","__proto__":{"admin":true}}',
    '{"room":"pollution","name":"Ada","constructor":{"prototype":{"admin":true}}}',
    '{"__proto__":{"room":"pollution","name":"Ada"}}',
    '[{"room":"pollution","name":"Ada"}]',
    `${"[".repeat(30_000)}${"]".repeat(30_000)}`,
  ])("does not reach any prototype: %.60s", async (body) => {
    const url = new URL("/api/sessions", server().url);
    const answer = await ask(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    expect([400, 422]).toContain(answer.status);
    expect(Reflect.get({}, "admin")).toBeUndefined();
  });

  test("nor by a WebSocket, nor by a query", async () => {
    const { session } = await new Api(server().url).openSession(freshRoom());
    using socket = await RawWebSocket.open(server().url, `/transports/websocket?session=${session}&__proto__[admin]=1`);
    socket.sendBytes(clientFrame(Buffer.from('{"type":"typing","id":"p","__proto__":{"admin":true}}')));
    expect(await socket.waitFor("the refusal", ({ id }) => id === "p")).toMatchObject({ code: "unprocessable" });
    expect((await get(server(), `/api/members?__proto__=x&constructor=y&session=${session}`)).status).toBe(200);
    expect(Reflect.get({}, "admin")).toBeUndefined();
  });
});

describe("every answer of a transport or of the API, refusals too,", () => {
  const paths = [
    "/api/members",
    "/api/sessions/current",
    "/api/history?before=x-1",
    "/api/nothing",
    ...clientTransports.map(({ name }) => `/transports/${name}?hold=0`),
  ];
  test.each(paths)("%s is kept by no cache and taken for nothing else than it is", async (path) => {
    const { session } = await new Api(server().url).openSession(freshRoom());
    for (const headers of [{}, { authorization: `Bearer ${session}` }, { authorization: "Bearer x.y" }]) {
      const answer = await ask(new URL(path, server().url), { headers }, true);
      expect(answer.headers["cache-control"]).toMatch(/^no-store/);
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
      expect(answer.headers["server"] ?? answer.headers["x-powered-by"]).toBeUndefined();
      expect(answer.body).not.toMatch(/node_modules|node:internal|\.[jt]s:[0-9]+|\n\s+at /);
    }
  });

  test("a join's answer, which holds the session, too", async () => {
    const answer = await join(server(), { room: freshRoom(), name: "Ada" });
    expect(answer.headers).toMatchObject({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });
});

describe("methods that are not meant", () => {
  test.each(["HEAD", "PUT", "PATCH", "DELETE"])("%s on a transport: 405", async (method) => {
    for (const { name } of clientTransports) {
      const answer = await ask(new URL(`/transports/${name}`, server().url), { method });
      expect(answer.status).toBe(405);
      expect(answer.headers["allow"]).toBe("GET");
    }
  });

  test("TRACE sends nothing back of what it was sent", async () => {
    const answer = await ask(new URL("/api/members", server().url), {
      method: "TRACE",
      headers: { authorization: "Bearer seen.by.nobody" },
    });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toContain("seen.by.nobody");
  });

  test("CONNECT opens no way through", async () => {
    expect(await untilClosed(`CONNECT 127.0.0.1:22 HTTP/1.1\r\n${HOST}\r\n`)).not.toMatch(/^HTTP\/1.1 2/);
  });

  test("OPTIONS without Origin is not a preflight", async () => {
    const answer = await ask(new URL("/api/sessions", server().url), { method: "OPTIONS" });
    expect(answer.status).toBe(405);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });
});

describe("requests that Node would answer by itself, or guess at", () => {
  test.each([
    ["no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400],
    ["two Hosts", `GET /healthz HTTP/1.1\r\n${HOST}Host: evil.example\r\n\r\n`, 400],
    ["two equal Hosts", `GET /healthz HTTP/1.1\r\n${HOST}hOST: 127.0.0.1\r\n\r\n`, 400],
    ["an expectation that is not known", `GET /nowhere HTTP/1.1\r\n${HOST}Expect: wonders\r\n\r\n`, 404],
  ])("%s is answered from the table of errors", async (_what, bytes, status) => {
    using connection = await RawConnection.open(server().url);
    connection.socket.write(bytes);
    await until("the answer", () => connection.text.includes('"code":'));
    expect(connection.status).toBe(status);
  });

  test.each(["true", "0x10", "1e1", "1.0", "+1", "%201", "-1", "0", "", "501", "9999999999"])(
    "a page of history with limit=%s is refused",
    async (limit) => {
      const { session, cursor } = await new Api(server().url).openSession(freshRoom());
      const path = (text: string): string => `/api/history?session=${session}&before=${cursor}&limit=${text}`;
      expect((await get(server(), path(limit))).status).toBe(400);
      expect((await get(server(), path("1"))).status).toBe(200);
    },
  );

  test.each([
    ["Connection: keep-alive\r\n", "keep-alive"],
    ["", "close"],
  ])("a poll of HTTP/1.0 with %j is answered with Connection: %s, and so it is", async (header, expected) => {
    const { session, epoch } = await new Api(server().url).openSession(freshRoom());
    for (const name of ["short-polling", "long-polling"]) {
      using connection = await RawConnection.open(server().url);
      const poll = `GET /transports/${name}?session=${session}&after=${epoch}-0 HTTP/1.0\r\n${HOST}${header}\r\n`;
      connection.socket.write(poll);
      await until("the answer", () => connection.text.endsWith("]"));
      expect(connection.text.toLowerCase()).toContain(`connection: ${expected}\r\n`);
      if (expected === "close") await until("its end", () => connection.closed);
      else {
        connection.socket.write(poll);
        await until("the second answer", () => connection.text.split("HTTP/1.1 200").length === 3);
      }
    }
  });

  test("a superseded stream's 204 is kept by no cache", async () => {
    const { session } = await new Api(server().url).openSession(freshRoom());
    for (const reader of [1, 2, 3])
      await ask(new URL(`/transports/long-polling?hold=0&session=${session}&reader=${reader}`, server().url));
    const answer = await ask(new URL(`/transports/sse?session=${session}&reader=1`, server().url), {}, true);
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
  });
});
