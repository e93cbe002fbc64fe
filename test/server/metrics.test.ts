import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RunningServer, type ServerOptions, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { freshRoom, say } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";
import { ask } from "../support/raw-http.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { until } from "../support/wait.ts";
import { Scrape, scrape } from "./support/scrape.ts";

const MESSAGES = 20;

let server: RunningServer;
const start = async (options: ServerOptions = {}): Promise<void> => {
  server = await startServer({ rateLimit: false, ...options });
};
beforeEach(() => start());
afterEach(() => server.close());

async function restarted(options: ServerOptions): Promise<URL> {
  await server.close();
  await start(options);
  return server.url;
}

describe("what is counted", () => {
  test.each(clientTransports)("$name: each delivery, once, and the bytes it took", async ({ name }) => {
    const room = freshRoom();
    await using one = await Listener.open(server.url, { room, name: "one", transport: name });
    await using other = await Listener.open(server.url, { room, name: "other", transport: name });
    const api = new Api(server.url);
    const { session } = await api.openSession(room, "publisher");
    for (let n = 0; n < MESSAGES; n += 1) await api.execute(session, say("x".repeat(100)));
    await one.untilTexts(MESSAGES);
    await other.untilTexts(MESSAGES);
    const seen = await scrape(server.url);
    const delivered = one.durable.length + other.durable.length;
    expect(seen.value("skyrocket_deliveries_total", { transport: name })).toBe(delivered);
    const bytes = seen.value("skyrocket_sent_bytes_total", { transport: name });
    expect(bytes).toBeGreaterThan(delivered * 100);
    expect(bytes).toBeLessThan(delivered * 400);
    expect(seen.value("skyrocket_attached_total", { transport: name })).toBeGreaterThanOrEqual(2);
    for (const { name: unused } of clientTransports.filter((transport) => transport.name !== name))
      expect(seen.value("skyrocket_deliveries_total", { transport: unused })).toBe(0);
    expect(seen.value("skyrocket_append_seconds_count")).toBe(MESSAGES);
    expect(seen.value("skyrocket_broadcast_seconds_count")).toBeGreaterThanOrEqual(MESSAGES);
    expect(seen.value("skyrocket_sessions")).toBe(3);
    expect(seen.value("skyrocket_rooms")).toBe(1);
    expect(seen.value("skyrocket_log_bytes")).toBeGreaterThan(MESSAGES * 100);
  });

  test("readers by transport, while they are there", async () => {
    const room = freshRoom();
    const listener = await Listener.open(server.url, { room, name: "reader", transport: "sse" });
    const seen = await scrape(server.url);
    expect(seen.value("skyrocket_connections", { transport: "sse" })).toBe(1);
    expect(seen.value("skyrocket_connections", { transport: "websocket" })).toBe(0);
    expect(seen.value("skyrocket_readers_behind", { transport: "sse" })).toBe(0);
    expect(seen.value("skyrocket_sockets")).toBeGreaterThanOrEqual(1);
    await listener[Symbol.asyncDispose]();
    await until("the reader to be gone from the metrics", async () => {
      return (await scrape(server.url)).value("skyrocket_connections", { transport: "sse" }) === 0;
    });
  });

  test("a reader that takes nothing: behind first, then a slow consumer", async () => {
    const url = await restarted({ settings: { slowMs: 1_000 } });
    const room = freshRoom();
    await using reader = await Listener.open(url, { room, name: "reader", transport: "sse" });
    const api = new Api(url);
    const { session } = await api.openSession(room, "publisher");
    reader.proxy.hold();
    let behind = 0;
    await until("a slow consumer", async () => {
      await Promise.all(Array.from({ length: 20 }, () => api.execute(session, say("🚀".repeat(3_900)))));
      const seen = await scrape(url);
      behind = Math.max(behind, seen.value("skyrocket_readers_behind", { transport: "sse" }));
      return seen.value("skyrocket_byes_total", { reason: "slow_consumer" }) === 1;
    });
    expect(behind).toBe(1);
  });

  test("a gap", async () => {
    const url = await restarted({ settings: { replayEvents: 5 } });
    const api = new Api(url);
    const { session, cursor } = await api.openSession(freshRoom());
    for (let n = 0; n < 10; n += 1) await api.execute(session, say("hi"));
    await ask(new URL(`/transports/short-polling?after=${cursor}&session=${session}`, url));
    expect((await scrape(url)).value("skyrocket_gaps_total")).toBe(1);
  });

  test("refusals by their code, whichever way they went", async () => {
    await ask(new URL("/api/members", server.url));
    await ask(new URL("/nowhere", server.url));
    const { session } = await new Api(server.url).openSession(freshRoom());
    using socket = await RawWebSocket.open(server.url, `/transports/websocket?session=${session}`);
    socket.send({ type: "say", id: "c1" });
    await socket.waitFor("the refusal", ({ type }) => type === "refused");
    const seen = await scrape(server.url);
    expect(seen.value("skyrocket_refused_total", { code: "session_missing" })).toBe(1);
    expect(seen.value("skyrocket_refused_total", { code: "not_found" })).toBe(1);
    expect(seen.value("skyrocket_refused_total", { code: "unprocessable" })).toBe(1);
    expect(seen.value("skyrocket_refused_total", { code: "internal" })).toBe(0);
  });

  test("how late the event loop is, without being asked", async () => {
    await until(
      "some looks",
      async () => (await scrape(server.url)).value("skyrocket_event_loop_delay_seconds_count") > 3,
    );
  });
});

describe("what is shown", () => {
  test("keeps to Prometheus' conventions, and names neither rooms nor members nor sessions", async () => {
    const room = freshRoom();
    const { session, member } = await new Api(server.url).openSession(room, "Ada Lovelace");
    const seen = await scrape(server.url);
    for (const [name, type] of seen.types) {
      expect(name).toMatch(/^(skyrocket|process|nodejs)_[a-z][a-z_]*$/);
      expect(name.endsWith("_total"), `${name} is a ${type}`).toBe(type === "counter");
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
    }
    expect(seen.types.size).toBeGreaterThan(20);
    for (const secret of [room, session, member.id, "Ada"]) expect(seen.text).not.toContain(secret);
  });

  test("only to callers on this machine that do not ask for somebody else", async () => {
    const url = new URL("/metrics", server.url);
    for (const name of [
      ...["x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "forwarded", "x-real-ip", "via", "x-client-ip"],
      ...["true-client-ip", "cf-connecting-ip", "x-original-forwarded-for", "x-envoy-external-address"],
    ]) {
      const { status, body } = await ask(url, { headers: { [name]: "192.0.2.1" } });
      expect([name, status]).toEqual([name, 403]);
      expect(body).toContain("--metrics");
      expect(body).not.toContain("skyrocket_");
    }
  });

  test.each([{ host: "0.0.0.0" }, { host: "::" }, { host: "127.0.0.1", origins: ["https://chat.example"] }])(
    "not to a web page whose name was rebound to loopback, nor through a proxy that passes its own name on: %j",
    async (options) => {
      const url = new URL("/metrics", await restarted(options));
      const { port } = url;
      for (const host of [
        "evil.example",
        `evil.example:${port}`,
        "chat.example",
        `192.0.2.1:${port}`,
        "localhost.evil",
      ]) {
        const { status, body } = await ask(url, { headers: { host } });
        expect([host, status]).toEqual([host, 403]);
        expect(body).not.toContain("skyrocket_");
      }
      for (const host of ["localhost", `127.0.0.1:${port}`, `[::1]:${port}`]) {
        expect((await ask(url, { headers: { host } })).status, host).toBe(200);
      }
    },
  );

  test("no age of an echo without Redis: 0 would look like a fresh one", async () => {
    const { samples } = await scrape(server.url);
    expect(samples.filter(({ name }) => name === "skyrocket_redis_echo_age_seconds")).toEqual([]);
  });

  test("nowhere, where it is switched off", async () => {
    const url = await restarted({ metrics: "off" });
    expect((await ask(new URL("/metrics", url))).status).toBe(404);
    expect(server.metricsPort).toBeNull();
  });

  test("on a port of its own, and then not on the server's", async () => {
    const url = await restarted({ metrics: { host: "127.0.0.1", port: 0 } });
    expect((await ask(new URL("/metrics", url))).status).toBe(404);
    const own = new URL(`http://127.0.0.1:${server.metricsPort}/metrics`);
    const { status, headers, body } = await ask(own, { headers: { "x-forwarded-for": "192.0.2.1" } });
    expect([status, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    expect(new Scrape(body).value("skyrocket_draining")).toBe(0);
    expect((await ask(new URL("/api/sessions", own))).status).toBe(404);
    const head = await ask(own, { method: "HEAD" });
    expect([head.status, head.body, head.headers["content-type"]]).toEqual([200, "", headers["content-type"]]);
    const posted = await ask(own, { method: "POST" });
    expect([posted.status, posted.headers["allow"]]).toEqual([405, "GET, HEAD"]);
    // A rebound name is refused there, too.
    expect((await ask(own, { headers: { host: `evil.example:${own.port}` } })).status).toBe(403);
    await expect(startServer({ metrics: { host: "127.0.0.1", port: server.metricsPort ?? 0 } })).rejects.toThrow(
      /^Metrics can't be served at 127\.0\.0\.1:\d+ \(.*EADDRINUSE.*\)\. Choose another place with --metrics\.$/,
    );
    await server.close();
    await expect(ask(own)).rejects.toThrow(/ECONNREFUSED/);
    await start();
  });
});
