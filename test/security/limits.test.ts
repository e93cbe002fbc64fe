import { describe, expect, test } from "vitest";
import type { Settings } from "../../src/chat/settings.ts";
import type { Session } from "../../src/protocol/http.ts";
import { startServer } from "../../src/server/server.ts";
import { Api } from "../support/api.ts";
import { asCursor } from "../support/cast.ts";
import { freshRoom, say } from "../support/ids.ts";
import { ask, RawConnection, UPGRADE } from "../support/raw-http.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { until } from "../support/wait.ts";
import { closeAll, get, join, openMany, retryAfter, statusOf } from "./support.ts";

const GET = "GET /api/members HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

describe("rates of one address", () => {
  test("an address that has used up its sessions gets 429 with Retry-After, and existing members are unaffected", async () => {
    await using server = disposable(
      await startServer({ settings: { addressSessionRate: { perSecond: 1, burst: 3 } } }),
    );
    const room = freshRoom();
    const opened = await Promise.all([1, 2, 3].map((n) => join(server, { room, name: `member ${n}` })));
    expect(opened.map(({ status }) => status)).toEqual([201, 201, 201]);
    const refused = await join(server, { room, name: "one too many" });
    expect(refused.status).toBe(429);
    expect(JSON.parse(refused.body)).toMatchObject({ code: "too_many", retry: true });
    expect(retryAfter(refused)).toBeGreaterThanOrEqual(1);
    const { session } = JSON.parse(opened[0]?.body ?? "");
    expect(await new Api(server.url).execute(session, say("still here"))).toMatchObject({ type: "ok" });
    await until("the next one to be let in", async () => (await join(server, { room, name: "later" })).status === 201);
  });

  test("requests: 429 when they are used up; the health checks are answered all the same", async () => {
    const settings = { addressRequestRate: { perSecond: 0.001, burst: 5 } };
    await using server = disposable(await startServer({ settings }));
    const statuses: number[] = [];
    for (let n = 0; n < 7; n += 1) statuses.push((await get(server, "/api/members")).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect((await get(server, "/healthz")).status).toBe(200);
    expect((await get(server, "/readyz")).status).toBe(200);
  });

  test("requests: a refusal is the last answer of its connection, and beyond the rate of refusals there is none", async () => {
    const settings = {
      addressRequestRate: { perSecond: 0.001, burst: 5 },
      addressRefusalRate: { perSecond: 0.001, burst: 3 },
    };
    await using server = disposable(await startServer({ settings }));
    const answered: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      using connection = await RawConnection.open(server.url);
      connection.socket.write(GET.repeat(30));
      await until("its end", () => connection.closed);
      answered.push(connection.text.match(/HTTP\/1.1 429 /g)?.length ?? 0);
    }
    expect(answered).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    expect((await get(server, "/healthz")).status).toBe(200);
  });

  test("upgrades that were refused: the next are not looked at, ordinary requests are", async () => {
    const settings = { addressUpgradeRate: { perSecond: 0.001, burst: 3 } };
    await using server = disposable(await startServer({ settings }));
    const upgrade = (session: string) =>
      ask(new URL(`/transports/websocket?session=${session}`, server.url), { headers: UPGRADE });
    const { session } = await new Api(server.url).openSession(freshRoom());
    expect((await upgrade(session)).status).toBe(101);
    for (let n = 0; n < 3; n += 1) expect((await upgrade("x.y")).status).toBe(404);
    expect((await upgrade("x.y")).status).toBe(429);
    const refused = await upgrade(session);
    expect(refused.status).toBe(429);
    expect(retryAfter(refused)).toBeGreaterThan(1);
    expect((await get(server, "/api/members", { authorization: `Bearer ${session}` })).status).toBe(200);
  });

  test("wrong room keys: none is tried any more, the right one neither; open rooms are open", async () => {
    const settings = { addressKeyRate: { perSecond: 0.001, burst: 3 } };
    await using server = disposable(await startServer({ settings }));
    const room = freshRoom();
    const key = "the right key";
    expect((await join(server, { room, name: "Ada", key })).status).toBe(201);
    for (let n = 0; n < 3; n += 1)
      expect((await join(server, { room, name: "Eve", key: `guess ${n}!!` })).status).toBe(403);
    expect((await join(server, { room, name: "Eve", key: "guess 4!!" })).status).toBe(429);
    expect((await join(server, { room, name: "Eve", key })).status).toBe(429);
    expect((await join(server, { room, name: "Eve" })).status).toBe(403);
    expect((await join(server, { room: freshRoom(), name: "Eve" })).status).toBe(201);
  });

  test("wrong room keys: no more are tried together than one after the other", async () => {
    const settings = { addressKeyRate: { perSecond: 0.001, burst: 20 } };
    await using server = disposable(await startServer({ settings }));
    const room = freshRoom();
    expect((await join(server, { room, name: "Ada", key: "the right key" })).status).toBe(201);
    const guesses = Array.from({ length: 100 }, (_, n) => join(server, { room, name: "Eve", key: `guess ${n}!!` }));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 403)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(80);
  });

  test("right room keys cost nothing of it", async () => {
    const settings = { addressKeyRate: { perSecond: 0.001, burst: 1 } };
    await using server = disposable(await startServer({ settings }));
    const room = freshRoom();
    const key = "the right key";
    for (let n = 0; n < 5; n += 1) expect((await join(server, { room, name: "Ada", key })).status).toBe(201);
  });

  test("a class of a hundred behind one address comes in at once, by the defaults", async () => {
    await using server = disposable(await startServer());
    const room = freshRoom();
    const key = "for the class";
    await join(server, { room, name: "teacher", key });
    const joins = await Promise.all(
      Array.from({ length: 100 }, (_, n) => join(server, { room, name: `pupil ${n}`, key })),
    );
    expect(new Set(joins.map(({ status }) => status))).toEqual(new Set([201]));
    const sockets = await Promise.all(
      joins.map(({ body }) =>
        RawWebSocket.open(server.url, `/transports/websocket?session=${JSON.parse(body).session}`),
      ),
    );
    const { session } = JSON.parse(joins[0]?.body ?? "");
    await new Api(server.url).execute(session, say("hello, class"));
    await Promise.all(sockets.map((each) => each.waitFor("the message", ({ text }) => text === "hello, class")));
    for (const each of sockets) each[Symbol.dispose]();
  });

  test("are lifted by rateLimit: false", async () => {
    const one = { perSecond: 0.001, burst: 1 };
    const settings = {
      addressSessionRate: one,
      addressRequestRate: one,
      addressUpgradeRate: one,
      addressKeyRate: one,
      addressConnections: 1,
      connections: 1,
    };
    await using server = disposable(await startServer({ rateLimit: false, settings }));
    const room = freshRoom();
    const key = "the right key";
    const held = await openMany(server, 5, "");
    for (let n = 0; n < 3; n += 1) expect((await join(server, { room, name: "Ada", key })).status).toBe(201);
    for (let n = 0; n < 3; n += 1)
      expect((await join(server, { room, name: "Ada", key: "wrong key" })).status).toBe(403);
    closeAll(held);
  });
});

describe("too many connections", () => {
  test("of one address: the newest get 429, those there were go on, and there is room again when they close", async () => {
    await using server = disposable(await startServer({ settings: { addressConnections: 3 } }));
    const held = await openMany(server, 3, GET);
    for (const each of held) expect(await statusOf(each)).toBe(401);
    using late = await RawConnection.open(server.url);
    late.socket.write(GET);
    expect(await statusOf(late)).toBe(429);
    expect(late.text).toMatch(/retry-after: 5/i);
    await until("its end", () => late.closed);
    const [first] = held;
    first?.socket.write(GET);
    await until("the answer on a connection there was", () => first?.text.split("HTTP/1.1 401").length === 3);
    closeAll(held);
    await until("room again", async () => (await get(server, "/api/members")).status === 401);
  });

  test("new connections above the total get 503 with Retry-After; health checks and existing ones are unaffected", async () => {
    await using server = disposable(await startServer({ settings: { connections: 4 } }));
    const room = freshRoom();
    const api = new Api(server.url);
    const { session } = await api.openSession(room);
    const socket = await RawWebSocket.open(server.url, `/transports/websocket?session=${session}`);
    await socket.waitFor("live", ({ type }) => type === "live");
    const held = await openMany(server, 10, "");
    const refused = await get(server, "/api/members", { authorization: `Bearer ${session}` });
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body)).toMatchObject({ code: "overloaded", retry: true });
    expect(retryAfter(refused)).toBe(5);
    expect((await get(server, "/healthz")).status).toBe(200);
    socket.send({ type: "say", id: "c1", text: "undisturbed" });
    await socket.waitFor("its own message", ({ text }) => text === "undisturbed");
    closeAll(held);
    socket[Symbol.dispose]();
  });

  test("far more than may be are closed at once", async () => {
    await using server = disposable(await startServer({ settings: { addressConnections: 2 } }));
    const held = await openMany(server, 150, "");
    await until("those far over the cap to be closed", () => held.filter(({ closed }) => closed).length >= 48);
    expect(held.filter(({ closed }) => !closed).length).toBeGreaterThanOrEqual(100);
    closeAll(held);
  });

  test("far more than may be in all are closed at once", async () => {
    await using server = disposable(await startServer({ settings: { connections: 2 } }));
    const held = await openMany(server, 150, "");
    await until("those far over the cap to be closed", () => held.filter(({ closed }) => closed).length >= 48);
    expect(held.filter(({ closed }) => !closed).length).toBeGreaterThanOrEqual(100);
    closeAll(held);
  });
});

describe("whatever is full,", () => {
  const cases: readonly { what: string; settings: Partial<Settings>; fill: (api: Api) => Promise<Session[]> }[] = [
    {
      what: "sessions",
      settings: { sessions: 3 },
      fill: (api) => Promise.all(["Ada", "Grace", "Joan"].map((name) => api.openSession("full", name))),
    },
    {
      what: "rooms",
      settings: { rooms: 2 },
      fill: (api) => Promise.all(["full", "second"].map((room) => api.openSession(room))),
    },
  ];

  test.each(cases)("$what: new ones get 503 with Retry-After, who is in goes on", async ({ settings, fill }) => {
    await using server = disposable(await startServer({ settings }));
    const api = new Api(server.url);
    const members = await fill(api);
    const refused = await join(server, { room: "another", name: "late" });
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body)).toMatchObject({ code: "overloaded", retry: true });
    expect(retryAfter(refused)).toBeGreaterThanOrEqual(1);
    for (const { session } of members)
      expect(await api.execute(session, say("still here"))).toMatchObject({ type: "ok" });
  });

  test("bytes of a session in a minute: what is said gets 429 with Retry-After, readers go on reading", async () => {
    await using server = disposable(
      await startServer({ settings: { sessionBytesPerMinute: 20_000, commandRate: null } }),
    );
    const api = new Api(server.url);
    const { session, epoch } = await api.openSession("full");
    let refused: Awaited<ReturnType<typeof ask>> | null = null;
    for (let n = 0; n < 20 && refused === null; n += 1) {
      const answer = await ask(new URL("/api/commands", server.url), {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${session}` },
        body: JSON.stringify(say("x".repeat(4_000))),
      });
      if (answer.status !== 200) refused = answer;
    }
    if (refused === null) throw new Error("20 messages of 4,000 bytes went into 20,000 bytes");
    expect(refused.status).toBe(429);
    expect(retryAfter(refused)).toBeGreaterThanOrEqual(1);
    const { events } = await api.history(session, asCursor(`${epoch}-2`), 5);
    expect(events.map(({ type }) => type)).toEqual(["joined", "message"]);
  });
});

function disposable<Server extends { close(): Promise<void> }>(server: Server): Server & AsyncDisposable {
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() });
}

test("an address that floods connections which are closed already waits before it may connect", async () => {
  const settings = { addressRefusalRate: { perSecond: 0.001, burst: 30 } };
  await using server = Object.assign(await startServer({ settings }), { [Symbol.asyncDispose]: () => server.close() });
  const flood = `GET /nowhere HTTP/1.1\r\nHost: ${server.url.host}\r\n\r\n`.repeat(1_000);
  for (let n = 0; n < 2; n += 1) {
    using connection = await RawConnection.open(server.url);
    connection.socket.write(flood);
    await until("its end", () => connection.closed);
  }
  using next = await RawConnection.open(server.url);
  await until("its end, without a request", () => next.closed);
  expect(next.text).toBe("");
});
