import { afterEach, describe, expect, test } from "vitest";
import { LoopDelay, readinessOf } from "../../src/server/readiness.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../src/server/server.ts";
import { member, Place, room } from "../log/support.ts";
import { Api } from "../support/api.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom, say } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";
import { ManualWorld } from "../support/manual-world.ts";
import { ask, RawConnection } from "../support/raw-http.ts";
import { until } from "../support/wait.ts";
import { scrape } from "./support/scrape.ts";

let server: RunningServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function start(options: ServerOptions = {}): Promise<URL> {
  server = await startServer({ rateLimit: false, ...options });
  return server.url;
}

async function readyz(url: URL): Promise<{ status: number; body: unknown }> {
  const { status, body } = await ask(new URL("/readyz", url));
  return { status, body: JSON.parse(body) };
}

describe("/readyz", () => {
  test("answers 200 while all is well", async () => {
    expect(await readyz(await start())).toEqual({ status: 200, body: { status: "ready" } });
  });

  test("/readyz answers 503 with the reason while the server drains, and /healthz still answers 200", async () => {
    // A drain waits for the closing handshake of a WebSocket, which the proxy holds back.
    const url = await start({ settings: { byeMs: 600_000, drainMs: 600_000 } });
    await using reader = await Listener.open(url, { room: freshRoom(), name: "reader", transport: "websocket" });
    reader.proxy.hold();
    const draining = server?.drain();
    expect(await readyz(url)).toEqual({
      status: 503,
      body: { status: "draining", reason: "The server is shutting down." },
    });
    expect((await ask(new URL("/healthz", url))).status).toBe(200);
    expect((await scrape(url)).value("skyrocket_draining")).toBe(1);
    reader.proxy.release();
    await draining;
  });

  test("answers 503 while the store takes nothing", async () => {
    using folder = new Folder();
    const url = await start({ store: { kind: "sqlite", file: folder.at("rooms.db"), pageLimit: 60 } });
    const api = new Api(url);
    const { session } = await api.openSession(freshRoom());
    expect((await readyz(url)).status).toBe(200);
    for (let reply = await api.execute(session, say("x".repeat(2_000))); reply?.type === "ok"; )
      reply = await api.execute(session, say("x".repeat(2_000)));
    const { status, body } = await until("the store to be found full", async () => {
      const answer = await readyz(url);
      return answer.status === 200 ? null : answer;
    });
    expect(status).toBe(503);
    expect(body).toEqual({ status: "store", reason: expect.stringContaining("can't be used") });
    expect(JSON.stringify(body)).not.toContain("rooms.db");
    const seen = await scrape(url);
    expect(seen.value("skyrocket_unready", { reason: "store" })).toBe(1);
    expect(seen.value("skyrocket_unready", { reason: "draining" })).toBe(0);
    expect(seen.value("skyrocket_commit_failures_total")).toBeGreaterThan(0);
    expect(seen.value("skyrocket_commit_seconds_count")).toBeGreaterThan(0);
  });

  test.each([
    ["its sessions", { sessions: 1 }, /Session limit reached/],
    ["the logs' bytes", { logBytes: 10 }, /store is full/],
  ])("answers 503 at the limit of %s, and 200 once there is place", async (_what, settings, reason) => {
    const url = await start({ settings: { ...settings, lingerMs: 600_000, sessionMs: 600_000 } });
    const api = new Api(url);
    const { session } = await api.openSession(freshRoom());
    const { status, body } = await readyz(url);
    expect(status).toBe(503);
    expect(body).toMatchObject({ status: "overloaded", reason: expect.stringMatching(reason) });
    expect((await scrape(url)).value("skyrocket_unready", { reason: "overloaded" })).toBe(1);
    await api.end(session);
    expect((await readyz(url)).status).toBe(200);
  });

  test("answers 503 at the limit of connections", async () => {
    server = await startServer({ settings: { connections: 3 } });
    const { url } = server;
    expect((await readyz(url)).status).toBe(200);
    const connections = await Promise.all([1, 2, 3].map(() => RawConnection.open(url)));
    expect(await readyz(url)).toMatchObject({ status: 503, body: { status: "overloaded" } });
    for (const connection of connections) connection[Symbol.dispose]();
    await until("the connections to be gone", async () => (await readyz(url)).status === 200);
  });
});

describe("the event loop", () => {
  const scene = () => {
    const world = new ManualWorld();
    const looks: number[] = [];
    const loop = new LoopDelay(world, (delayMs) => looks.push(delayMs));
    const hub = { draining: false, overload: null, check: () => Promise.resolve() };
    const readiness = () => readinessOf(hub, async () => (loop.tooLate ? "late" : null));
    /** Seconds in which each turn of the loop takes so long. */
    const busy = async (turnMs: number, turns: number): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) {
        world.stall(turnMs - 1);
        await world.advance(1);
      }
    };
    return { world, looks, loop, readiness, busy };
  };

  test("that is late once is not overloaded; one that is late all the time is, until it is not", async () => {
    const { world, looks, readiness, busy } = scene();
    await world.advance(1_000);
    expect(looks).toEqual(Array(4).fill(0));
    await busy(2_000, 1);
    expect(Math.max(...looks)).toBeGreaterThan(1_500);
    expect(await readiness()).toEqual({ status: "ready" });
    await busy(1_000, 20);
    expect(await readiness()).toEqual({ status: "overloaded", reason: "late" });
    await world.advance(3_000);
    expect(await readiness()).toEqual({ status: "ready" });
  });

  test("is no longer checked after the end", async () => {
    const { world, loop } = scene();
    expect(world.pending).toBe(1);
    loop.stop();
    expect(world.pending).toBe(0);
  });
});

describe("a disk that was full", () => {
  test("is found out by asking though nobody writes, and so is its end, which is noted once", async () => {
    using place = new Place();
    const { world } = place;
    const store = place.open();
    const hub = world.hub({}, store);
    const ready = async () => {
      const asked = readinessOf(hub, async () => null);
      await world.turn();
      return asked;
    };
    expect(await ready()).toEqual({ status: "ready" });
    store.database.limitPages(1);
    await world.advance(1_000);
    // What the first probe has given back is taken first.
    const log = store.openLog(room);
    let full = false;
    while (!full) await place.say(log, 1, "x".repeat(3_000)).catch(() => (full = true));
    expect(await ready()).toMatchObject({ status: "store" });
    await world.advance(60_000);
    expect(await ready()).toMatchObject({ status: "store" });
    // What fits into the pages there are is stored, and proves nothing.
    const small = store.revoked.add(member.id, world.wallNow() + 60_000, room);
    await world.turn();
    await small;
    expect(world.reported).toHaveLength(1);
    expect(world.noted).toEqual([]);
    store.database.limitPages(1_000_000);
    await world.advance(3_000);
    expect(await ready()).toEqual({ status: "ready" });
    await world.advance(60_000);
    expect(world.noted).toEqual(["store recovered"]);
    expect(world.reported).toHaveLength(1);
  });
});
