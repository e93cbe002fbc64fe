import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Entry } from "../../../lab/engine/run.ts";
import { CALM } from "../../../lab/engine/weather.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { LAB } from "../../support/lab.ts";
import { ask, RawConnection } from "../../support/raw-http.ts";
import { until, within } from "../../support/wait.ts";
import { Visitor } from "./visitor.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ lab: LAB });
});
afterAll(() => server.close());

const LANES = [0, 1, 2, 3];
const HEALTH = Buffer.from("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

function faultsOf(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) => (entry.kind === "fault" ? [`${entry.lane} ${entry.what}`] : []));
}

async function connectAll(visitor: Visitor): Promise<RawConnection[]> {
  const connections = await Promise.all(LANES.map((lane) => RawConnection.open(visitor.lane(lane))));
  for (const { socket } of connections) socket.write(HEALTH);
  for (const connection of connections) await until("an answer", () => connection.status === 200);
  return connections;
}

describe("an order of weather", () => {
  test("a cut ends every connection of every lane", async () => {
    using visitor = await Visitor.enter(server.url);
    const connections = await connectAll(visitor);
    visitor.order({ type: "cut", how: "rst" });
    for (const connection of connections) await until("the cut", () => connection.closed);
    await until("four faults", () => faultsOf(visitor.entries).length === 4);
    expect(faultsOf(visitor.entries).toSorted()).toEqual(LANES.map((lane) => `${lane} rst`));
    await ask(new URL("/healthz", visitor.lane(0)));
  });

  test("a restart cuts all connections, refuses new ones for a while, and then accepts them", async () => {
    using visitor = await Visitor.enter(server.url);
    const connections = await connectAll(visitor);
    visitor.order({ type: "restart", forMs: 3_000 });
    for (const connection of connections) await until("the cut", () => connection.closed);
    const refused = async (lane: number): Promise<boolean> =>
      ask(new URL("/healthz", visitor.lane(lane))).then(
        () => false,
        () => true,
      );
    expect(await Promise.all(LANES.map(refused))).toEqual([true, true, true, true]);
    for (const lane of LANES) await until("the server's return", async () => !(await refused(lane)));
    await until("the refused connections to be recorded", () =>
      LANES.every((lane) => faultsOf(visitor.entries).includes(`${lane} refused`)),
    );
  });

  test("a stall holds all lanes", async () => {
    using visitor = await Visitor.enter(server.url);
    await visitor.settle();
    const orderedAt = performance.now();
    visitor.order({ type: "stall", forMs: 500 });
    await visitor.settle();
    await Promise.all(LANES.map((lane) => ask(new URL("/healthz", visitor.lane(lane)))));
    expect(performance.now() - orderedAt).toBeGreaterThan(490);
    expect(faultsOf(visitor.entries).toSorted()).toEqual(LANES.map((lane) => `${lane} stall`));
  });

  test("all lanes get the same jitter from one seed, each time it is set", async () => {
    using visitor = await Visitor.enter(server.url);
    const weather = { ...CALM, up: { ...CALM.up, jitterMs: 40 } };
    const least = LANES.map(() => Number.POSITIVE_INFINITY);
    // The drawn jitter is the same each time. Timers can be late, so the shortest time is closest to it.
    await until("the lanes to be held alike", async () => {
      visitor.order({ type: "weather", weather, seed: 99 });
      await visitor.settle();
      visitor.entries.length = 0;
      for (const lane of LANES) await ask(new URL("/healthz", visitor.lane(lane)));
      await until("the lanes' recordings", () => upEntries(visitor).length === LANES.length);
      for (const { lane, heldMs } of upEntries(visitor)) least[lane] = Math.min(least[lane] ?? heldMs, heldMs);
      return Math.max(...least) - Math.min(...least) < 15;
    });
    expect(Math.min(...least)).toBeGreaterThan(0);
  });
});

function upEntries(visitor: Visitor) {
  return visitor.entries.flatMap((entry) => (entry.kind === "bytes" && entry.direction === "up" ? [entry] : []));
}

describe("two visitors", () => {
  test("two visitors neither see nor disturb each other", async () => {
    using ada = await Visitor.enter(server.url);
    using grace = await Visitor.enter(server.url);
    const ports = [ada, grace].flatMap(({ welcome }) => welcome?.lanes.map(({ port }) => port) ?? []);
    expect(new Set(ports).size).toBe(8);
    ada.order({ type: "weather", seed: 3, weather: { ...CALM, refuses: true } });
    ada.order({ type: "stall", forMs: 60_000 });
    await ada.settle();
    await within("an undisturbed answer", ask(new URL("/healthz?grace", grace.lane(0))));
    await until("Grace's recording", () => upEntries(grace).length === 1);
    await grace.settle();
    await ada.settle();
    expect(ada.entries.filter(({ kind }) => kind === "bytes" || kind === "opened")).toEqual([]);
    expect(grace.entries.filter(({ kind }) => kind === "weather" || kind === "fault")).toEqual([]);
  });
});

describe("the recording", () => {
  test("the recording omits only bytes while they are turned off", async () => {
    using visitor = await Visitor.enter(server.url);
    visitor.order({ type: "record", bytes: false });
    await visitor.settle();
    await ask(new URL("/healthz", visitor.lane(3)));
    await until("the connection's end", () => visitor.entries.some(({ kind }) => kind === "closed"));
    const seen = visitor.entries.map(({ kind }) => kind).filter((kind) => kind !== "server");
    expect(seen).toEqual(["opened", "closed"]);
    visitor.order({ type: "record", bytes: true });
    await visitor.settle();
    await ask(new URL("/healthz", visitor.lane(3)));
    await until("bytes", () => visitor.entries.some(({ kind }) => kind === "bytes"));
  });

  test("the recording contains the workbench's bytes and the response", async () => {
    using visitor = await Visitor.enter(server.url);
    visitor.order({ type: "raw", lane: 2, base64: HEALTH.toString("base64") });
    const bytes = await until("both directions", () => {
      const found = visitor.entries.flatMap((entry) => (entry.kind === "bytes" ? [entry] : []));
      return found.some(({ direction }) => direction === "down") ? found : null;
    });
    expect(bytes.every(({ lane }) => lane === 2)).toBe(true);
    expect(Buffer.from(bytes[0]?.base64 ?? "", "base64")).toEqual(HEALTH);
    expect(Buffer.from(bytes[1]?.base64 ?? "", "base64").toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test("at most eight workbench connections are open", async () => {
    using visitor = await Visitor.enter(server.url);
    const count = (kind: Entry["kind"]) => visitor.entries.filter((entry) => entry.kind === kind).length;
    for (let sent = 1; sent <= 12; sent += 1) {
      visitor.order({ type: "raw", lane: 0, base64: HEALTH.toString("base64") });
      await until("its connection", () => count("opened") === sent);
    }
    await until("four ends", () => count("closed") === 4);
  });
});
