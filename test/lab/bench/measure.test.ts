import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startProxy } from "../../../lab/engine/proxy/fault-proxy.ts";
import { CALM } from "../../../lab/engine/weather.ts";
import { createSession } from "../../../lab/page/bench/bench-session.ts";
import { type MeasureWorld, measure } from "../../../lab/page/bench/measure.ts";
import { faultsOf, lostOf, type Reading } from "../../../lab/page/bench/reading.ts";
import { type ChatClient, connect, type Delivery } from "../../../src/client/index.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { testPlatform } from "../../support/platform.ts";
import { PATIENCE_MS, until } from "../../support/wait.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ rateLimit: false });
});
afterAll(() => server.close());

/** How long the page waits for the last messages of a measurement. */
const DRAIN_MS = 5_000;

/** The page's deadlines judge a visitor's network; here they would judge the machine. */
function patient(ms: number): number {
  return ms >= DRAIN_MS ? PATIENCE_MS : ms;
}

let rooms = 0;
function inWorld(change: Partial<MeasureWorld> = {}): MeasureWorld {
  const world = testPlatform();
  return {
    connect,
    server: server.url,
    platform: { ...world, clock: { ...world.clock, after: (ms, task) => world.clock.after(patient(ms), task) } },
    isHidden: () => false,
    newRoom: () => {
      rooms += 1;
      return `bench-${rooms}`;
    },
    ...change,
  };
}

/** A client that hands on its third message twice and its fifth not at all. */
function spoilt(client: ChatClient): ChatClient {
  async function* deliveries(): AsyncGenerator<Delivery> {
    for await (const delivery of client) {
      const number = delivery.event.type === "message" ? Number.parseInt(delivery.event.text, 10) : null;
      if (number !== 5) yield delivery;
      if (number === 3) yield delivery;
    }
  }
  return new Proxy(client, {
    get: (target, name) => {
      if (name === Symbol.asyncIterator) return deliveries;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** 20 messages in half a second. */
const PLAN = { transports: [], rate: 40, bytes: 100, seconds: 0.5 };
const never = new AbortController().signal;

describe.each(clientTransports)("$name", ({ name }) => {
  test("is measured with as many messages as were planned, each timed from when it was due", async () => {
    const reading = await measure(name, PLAN, inWorld(), never);
    expect([reading.failure, reading.sent, reading.received, lostOf(reading), reading.duplicated]).toEqual([
      null,
      20,
      20,
      0,
      0,
    ]);
    expect(reading.latency.count).toBe(20);
    expect(reading.latencies.filter((ms) => ms !== null && ms > 0)).toHaveLength(20);
    const highest = Math.max(...reading.latencies.map((ms) => ms ?? 0)) * 1_000;
    expect(Math.abs(reading.latency.max - highest) / highest).toBeLessThan(0.01);
  });
});

describe("a measurement", () => {
  test("has the way's delay in it", async () => {
    const target = { host: "127.0.0.1", port: Number(server.url.port) };
    const weather = { ...CALM, up: { ...CALM.up, delayMs: 30 }, down: { ...CALM.down, delayMs: 30 } };
    const proxy = await startProxy({ target, seed: 1, weather });
    const reading = await measure("websocket", { ...PLAN, rate: 10 }, inWorld({ server: proxy.url }), never);
    await proxy.close();
    expect(reading.received).toBe(5);
    expect(reading.latency.percentile(1)).toBeGreaterThanOrEqual(60_000);
  });

  test("charges the messages that an answer held up with their waiting: the loop is open", async () => {
    const target = { host: "127.0.0.1", port: Number(server.url.port) };
    const proxy = await startProxy({ target, seed: 1 });
    let begun: Reading | null = null;
    const measured = measure("websocket", PLAN, inWorld({ server: proxy.url }), never, (reading) => {
      begun = reading;
    });
    await until("the first message", () => begun !== null && begun.received > 0);
    proxy.stall(300);
    const reading = await measured;
    await proxy.close();
    expect(reading.received).toBe(20);
    // At 40 messages a second some twelve were due while nothing moved; a closed loop would have had one.
    expect(reading.latencies.filter((ms) => ms !== null && ms > 60).length).toBeGreaterThan(5);
    expect(reading.latency.max).toBeGreaterThan(250_000);
  });

  test("counts what came twice, and what never came", async () => {
    const platform = testPlatform();
    // The wait for the last messages, which is waited out here, and nothing else.
    const hurried = {
      ...platform,
      clock: {
        ...platform.clock,
        after: (ms: number, task: () => void) => platform.clock.after(ms === DRAIN_MS ? 2_000 : patient(ms), task),
      },
    };
    const faulty = inWorld({ platform: hurried, connect: (options) => spoilt(connect(options)) });
    const reading = await measure("websocket", PLAN, faulty, never);
    expect([reading.sent, reading.received, lostOf(reading), reading.duplicated]).toEqual([20, 19, 1, 1]);
  });

  test("in a hidden tab marks itself", async () => {
    const reading = await measure("websocket", PLAN, inWorld({ isHidden: () => true }), never);
    expect(faultsOf(reading).join()).toContain("hidden");
  });

  test("of a way that does not get through says so", async () => {
    const platform = testPlatform();
    // Nobody listens on port 9, and the ten seconds that it is given are over at once.
    const clock = {
      ...platform.clock,
      after: (ms: number, task: () => void) => platform.clock.after(ms / 100, task),
    };
    const patience = { ...platform, clock };
    const nowhere = inWorld({ server: new URL("http://127.0.0.1:9/"), platform: patience });
    const reading = await measure("sse", PLAN, nowhere, never);
    expect(faultsOf(reading)).toEqual(["It could not connect within 10 s."]);
  });

  test("of a transport that this browser does not have says so", async () => {
    const without = inWorld({ platform: { ...testPlatform(), WebSocket: undefined } });
    const reading = await measure("websocket", PLAN, without, never);
    expect(faultsOf(reading)).toEqual([expect.stringContaining('no transport "websocket" here')]);
  });
});

describe("a session", () => {
  test("measures one transport after the other, reports them, and can be stopped", async () => {
    const known = clientTransports.map(({ name, title }) => ({ name, title }));
    const surroundings = { browser: "node", cpus: 1, isolated: false };
    const session = createSession({ ...inWorld(), known, surroundings });
    const plan = { ...PLAN, transports: ["sse", "long-polling"] };
    const started = session.start(plan);
    expect(session.busy.value).toBe(true);
    await started;
    expect(session.busy.value).toBe(false);
    expect(session.report.value?.readings.map(({ title, counts }) => [title, counts.received])).toEqual([
      ["Server-Sent Events", 20],
      ["Long polling", 20],
    ]);
    const again = session.start({ ...plan, seconds: 60 });
    await until("the first message", () => (session.running.value?.readings[0]?.received ?? 0) > 0);
    session.stop();
    await again;
    const readings = session.report.value?.readings ?? [];
    expect(readings).toHaveLength(1);
    expect(readings[0]?.faults).toEqual(expect.arrayContaining([expect.stringContaining("Stopped after")]));
  });
});
