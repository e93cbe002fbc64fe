import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Order } from "../../../lab/engine/control.ts";
import { LAB_LIMITS } from "../../../lab/engine/control.ts";
import { CALM, type Weather } from "../../../lab/engine/weather.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { serverTransports } from "../../../src/transports/registry.server.ts";
import { Api } from "../../support/api.ts";
import { LAB } from "../../support/lab.ts";
import { ask, UPGRADE } from "../../support/raw-http.ts";
import { RawWebSocket } from "../../support/raw-websocket.ts";
import { PATIENCE_MS, until } from "../../support/wait.ts";
import { Visitor } from "./visitor.ts";

let server: RunningServer;

beforeEach(async () => {
  server = await startServer({ lab: LAB });
});
afterEach(() => server.close());

const control = (): URL => new URL("/lab/control", server.url);

describe("the control connection", () => {
  test("a page whose host name was rebound to loopback is refused if the server listens on all addresses", async () => {
    await server.close();
    server = await startServer({ host: "0.0.0.0", lab: LAB });
    const { port } = server.url;
    for (const [host, status] of [
      [`localhost:${port}`, 101],
      ["localhost:8080", 101],
      [`evil.example:${port}`, 403],
      [`192.0.2.1:${port}`, 403],
    ] as const) {
      expect([host, (await ask(control(), { headers: { ...UPGRADE, host } })).status]).toEqual([host, status]);
    }
  });
});

describe("a visitor", () => {
  test("a visitor gets a lane for each transport, each with its own port that leads to the server", async () => {
    using visitor = await Visitor.enter(server.url);
    const { lanes, startedAt } = await visitor.welcomed();
    expect(lanes.map(({ lane }) => lane)).toEqual([...serverTransports.keys()]);
    const ports = new Set([...lanes.map(({ port }) => port), Number(server.url.port)]);
    expect(ports.size).toBe(serverTransports.length + 1);
    expect(Math.abs(Date.now() - startedAt)).toBeLessThan(PATIENCE_MS);
    for (const { lane } of lanes) {
      expect((await ask(new URL("/healthz", visitor.lane(lane)))).status).toBe(200);
    }
  });

  test("a visitor can read the clock of its entries", async () => {
    using visitor = await Visitor.enter(server.url);
    visitor.order({ type: "time", id: 1 });
    visitor.order({ type: "time", id: 2 });
    const times = await until("both answers", () => {
      const found = visitor.messages.filter((message) => message.type === "time");
      return found.length === 2 ? found : null;
    });
    expect(times.map(({ id }) => id)).toEqual([1, 2]);
    expect(times[1]?.at).toBeGreaterThanOrEqual(times[0]?.at ?? Number.NaN);
    await ask(new URL("/healthz", visitor.lane(0)));
    const opened = await until("the connection", () => visitor.entries.find(({ kind }) => kind === "opened") ?? null);
    expect(opened.at).toBeGreaterThanOrEqual(times[1]?.at ?? Number.NaN);
  });

  test("a visitor gets the server's resources once a second", async () => {
    using visitor = await Visitor.enter(server.url);
    const reading = await until("a reading", () => visitor.entries.find((entry) => entry.kind === "server") ?? null);
    expect(reading.cpuMsPerSecond).toBeGreaterThan(0);
    expect(reading.rssBytes).toBeGreaterThan(10_000_000);
    expect(reading.loopDelayMs).toBeGreaterThanOrEqual(0);
  });

  test("the 21st visitor is refused, and admitted once another has left", async () => {
    const visitors = await Promise.all(Array.from({ length: LAB_LIMITS.visitors }, () => Visitor.enter(server.url)));
    expect(JSON.parse((await ask(new URL("/lab/info", server.url))).body)).toMatchObject({
      visitors: 20,
      maxVisitors: 20,
    });
    using late = new Visitor(server.url);
    expect(await late.closed()).toBe(1013);
    expect(late.refusals()).toEqual([expect.stringContaining("20 visitors")]);
    expect(late.welcome).toBeNull();
    await visitors[0]?.leave();
    await until("room for one more", async () => {
      using next = new Visitor(server.url);
      await until("an answer", () => next.closeCode !== null || next.welcome !== null);
      return next.welcome !== null;
    });
    for (const visitor of visitors) visitor[Symbol.dispose]();
  });
});

describe("lanes", () => {
  const info = async (headers: Readonly<Record<string, string>>): Promise<unknown> =>
    JSON.parse((await ask(new URL("/lab/info", server.url), { headers })).body).lanes;

  test("a page at a loopback name of this machine can have lanes", async () => {
    const { port } = server.url;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
      expect(await info({ host }), host).toBe(true);
    }
  });

  test("a page behind a proxy can't have lanes", async () => {
    expect(await info({ "x-forwarded-for": "203.0.113.7" })).toBe(false);
  });

  test("a page at another name of this machine can't have lanes", async () => {
    const other = await startServer({ lab: LAB, origins: ["http://teacher.lan:3000"] });
    try {
      const answer = await ask(new URL("/lab/info", other.url), { headers: { host: "teacher.lan:3000" } });
      expect(JSON.parse(answer.body)).toMatchObject({ lanes: false });
    } finally {
      await other.close();
    }
  });
});

describe("access to the control connection", () => {
  test.each([
    ["another site's page", { origin: "https://evil.example" }, 403],
    ["a page on another port of this machine", { origin: "http://127.0.0.1:1" }, 403],
    ["another machine's name", { host: "rebound.example" }, 403],
    ["a caller behind a proxy on this machine", { "x-forwarded-for": "203.0.113.7" }, 403],
  ])("%s is refused", async (_who, headers, status) => {
    const answer = await ask(control(), { headers: { ...UPGRADE, ...headers } });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "not_allowed" });
  });

  test("the server's own page is admitted", async () => {
    using visitor = new Visitor(server.url, { origin: server.url.origin });
    await visitor.welcomed();
  });

  test("a page with an allowed origin on another machine is refused", async () => {
    const other = await startServer({ lab: LAB, origins: ["https://chat.example"] });
    try {
      const answer = await ask(new URL("/lab/control", other.url), {
        headers: { ...UPGRADE, origin: "https://chat.example" },
      });
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.body).message).toContain("loopback");
    } finally {
      await other.close();
    }
  });

  test("a request that is not a WebSocket upgrade is refused", async () => {
    expect((await ask(control())).status).toBe(400);
    expect((await ask(control(), { method: "POST", body: "" })).status).toBe(405);
    const { "sec-websocket-key": _, ...keyless } = UPGRADE;
    expect((await ask(control(), { headers: keyless })).status).toBe(400);
  });

  test("the lab does not disturb the upgrades of transports", async () => {
    using _visitor = await Visitor.enter(server.url);
    const { session } = await new Api(server.url).openSession("upgrades");
    using socket = await RawWebSocket.open(server.url, `/transports/websocket?session=${session}`);
    socket.send({ type: "say", id: "c1", text: "Hello" });
    await socket.waitFor("the reply", ({ type, id }) => type === "ok" && id === "c1");
    expect(socket.messages.filter(({ type }) => type === "live")).toHaveLength(1);
  });

  test.each(["/transports/websocket", "/lab/control"])("access is checked once at %s", async (path) => {
    const refused: string[] = [];
    const other = await startServer({ lab: LAB, onRefused: (code) => refused.push(code) });
    try {
      const headers = { ...UPGRADE, origin: "https://evil.example" };
      expect((await ask(new URL(path, other.url), { headers })).status).toBe(403);
    } finally {
      await other.close();
    }
    expect(refused).toEqual(["not_allowed"]);
  });

  test("the lab works without a transport that uses upgrades", async () => {
    const bare = await startServer({ lab: LAB, transports: [] });
    try {
      using visitor = await Visitor.enter(bare.url);
      await visitor.settle();
    } finally {
      await bare.close();
    }
  });
});

describe("an order", () => {
  const storm = (change: object): unknown => ({ type: "weather", seed: 1, weather: { ...CALM, ...change } });
  const link = (change: object): unknown => storm({ up: { ...CALM.up, ...change } });

  test.each<[string, unknown, RegExp]>([
    ["of an unknown type", { type: "reboot" }, /type must be one of weather, cut/],
    ["that is null", null, /not an order/],
    ["that is a list", [], /not an order/],
    ["with an unknown field", { type: "cut", how: "rst", all: true }, /cut/],
    ["with an unknown cut", { type: "cut", how: "fire" }, /cut\/how/],
    ["with a negative delay", link({ delayMs: -1 }), /weather\/weather\/up\/delayMs/],
    ["with a delay above the limit", link({ delayMs: LAB_LIMITS.delayMs + 1 }), /delayMs/],
    ["with a delay that is not a number", link({ delayMs: "5" }), /delayMs/],
    ["with too little bandwidth", link({ bytesPerSecond: 1 }), /bytesPerSecond/],
    ["with packets of zero bytes", link({ packetBytes: 0 }), /packetBytes/],
    ["with cuts every millisecond", storm({ cut: { how: "rst", everyMs: 1 } }), /weather/],
    ["with a stall of a day", storm({ stall: { everyMs: 1_000, forMs: 86_400_000 } }), /weather/],
    ["with incomplete weather", { type: "weather", seed: 1, weather: { up: CALM.up } }, /weather/],
    ["with a seed that is not an integer", { type: "weather", seed: 1.5, weather: CALM }, /seed/],
    [
      "with a preset name that is too long",
      { type: "weather", seed: 1, weather: CALM, preset: "x".repeat(65) },
      /preset/,
    ],
    ["that restarts for a day", { type: "restart", forMs: 86_400_000 }, /restart\/forMs/],
    ["for an unknown lane", { type: "raw", lane: serverTransports.length, base64: "AA==" }, /raw takes/],
    ["with invalid base64", { type: "raw", lane: 0, base64: "<script>" }, /raw\/base64/],
    ["with no bytes", { type: "raw", lane: 0, base64: "" }, /raw takes/],
  ])("an order %s is refused and changes nothing", async (_name, order, reason) => {
    using visitor = await Visitor.enter(server.url);
    visitor.send(order);
    await visitor.settle();
    expect(visitor.refusals()).toEqual([expect.stringMatching(reason)]);
    expect(visitor.refusals()[0]).not.toContain("<script>");
    expect(visitor.entries.filter(({ kind }) => kind === "weather")).toEqual([]);
    expect((await ask(new URL("/healthz", visitor.lane(0)))).status).toBe(200);
  });

  test.each<[string, (visitor: Visitor) => void, number]>([
    ["that is not JSON", ({ socket }) => socket.send("{"), 4400],
    ["in a binary message", ({ socket }) => socket.send(Buffer.from("{}")), 1003],
    [
      "that is too large",
      ({ socket }) => socket.send(JSON.stringify({ type: "raw", base64: "A".repeat(200_000) })),
      1009,
    ],
  ])("an order %s ends the session", async (_name, send, code) => {
    using visitor = await Visitor.enter(server.url);
    send(visitor);
    expect(await visitor.closed()).toBe(code);
  });

  test("too many orders in one second end the session", async () => {
    using visitor = await Visitor.enter(server.url);
    for (let count = 0; count < 3 * LAB_LIMITS.ordersPerSecond; count += 1)
      visitor.order({ type: "record", bytes: true });
    expect(await visitor.closed()).toBe(1008);
  });

  test("an order after the session's end is ignored, and a page that does not close is disconnected", async () => {
    using visitor = await Visitor.enter(server.url);
    using raw = await RawWebSocket.open(server.url, "/lab/control");
    await until("its welcome", () => raw.messages.some(({ type }) => type === "welcome"));
    for (let count = 0; count <= LAB_LIMITS.ordersPerSecond; count += 1) raw.send({ type: "record", bytes: true });
    // This page does not answer the close frame and keeps sending orders.
    await until("the server to disconnect it", () => {
      if (!raw.connection.socket.destroyed) raw.send({ type: "time", id: 7 });
      return raw.connection.socket.destroyed;
    });
    expect(raw.messages.filter(({ type }) => type === "time")).toEqual([]);
    await visitor.settle();
    const { visitors } = JSON.parse((await ask(new URL("/lab/info", server.url))).body);
    expect(visitors).toBe(1);
  });

  test("pings count as orders: too many end the session", async () => {
    using visitor = await Visitor.enter(server.url);
    for (let count = 0; count < 3 * LAB_LIMITS.ordersPerSecond; count += 1) visitor.socket.ping();
    // 1006 if the remaining pings reach a socket that is closed already.
    expect([1006, 1008]).toContain(await visitor.closed());
  });

  test("an order for weather is confirmed with the time it takes effect", async () => {
    using visitor = await Visitor.enter(server.url);
    const weather: Weather = { ...CALM, down: { ...CALM.down, delayMs: 40 } };
    const order: Order = { type: "weather", weather, seed: 7, preset: "far away" };
    visitor.order(order);
    const entry = await until("the weather", () => visitor.entries.find(({ kind }) => kind === "weather") ?? null);
    expect(entry).toEqual({ kind: "weather", at: expect.any(Number), weather, preset: "far away" });
    const before = performance.now();
    await ask(new URL("/healthz", visitor.lane(2)));
    expect(performance.now() - before).toBeGreaterThanOrEqual(40);
  });
});
