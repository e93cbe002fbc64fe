import { afterEach, describe, expect, it } from "vitest";
import { type Fault, startFaultyServer } from "../../bench/doctor/faulty-server.ts";
import { Crew } from "../../bench/generator/crew.ts";
import type { Program, Seen } from "../../bench/generator/messages.ts";
import { run } from "../../bench/generator/run.ts";
import { judge } from "../../bench/scenarios/window.ts";
import { Histogram } from "../../bench/statistics/histogram.ts";
import { startStallingServer } from "./stalling-server.ts";

const READERS = 20;
const MESSAGES = 100;
const PER_SECOND = 1_000;
const PATIENCE_MS = 200;

const PROGRAMS = {
  lockstep: { kind: "lockstep", turns: MESSAGES, together: 1, perSecond: PER_SECOND, textBytes: 0 },
  schedule: { kind: "schedule", messages: MESSAGES, perSecond: PER_SECOND, textBytes: 0, disturbance: null },
} as const satisfies Record<string, Program>;

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** Readers of the bare `net` server's kind, at a server that may be anything but that. */
async function crewAt(url: string): Promise<Crew> {
  const crew = new Crew("net", url);
  endings.push(() => crew.close());
  await crew.open({ type: "open", row: "net", url, readers: READERS, supervised: false });
  return crew;
}

async function crewWith(fault: Fault): Promise<Crew> {
  const server = await startFaultyServer(fault);
  endings.push(server.close);
  return crewAt(server.url);
}

describe.each(["lockstep", "schedule"] as const)("2,000 deliveries by %s", (kind) => {
  const seenWith = async (fault: Fault): Promise<Seen> => run(await crewWith(fault), PROGRAMS[kind], PATIENCE_MS);

  it("show nothing wrong with a server that does its work", async () => {
    const seen = await seenWith((message) => [message]);
    expect(seen).toMatchObject({ deliveries: 2_000, lost: 0, doubled: 0, reordered: 0, bytesUp: 0 });
    expect(seen.bytesDown / seen.deliveries).toBeGreaterThan(100);
    expect(Histogram.decode(seen.latency).count).toBe(2_000);
    expect(Histogram.decode(seen.lastLatency).count).toBe(MESSAGES);
  });

  it("catch one message in 1,000 dropped", async () => {
    const seen = await seenWith((message, count) => (count % 1_000 === 500 ? [] : [message]));
    expect(seen).toMatchObject({ deliveries: 1_998, lost: 2, doubled: 0, reordered: 0 });
    expect(judge(seen, PER_SECOND)).toEqual({ kind: "faults", lost: 2, doubled: 0, reordered: 0 });
  });

  it("catch one message doubled", async () => {
    const seen = await seenWith((message, count) => (count === 777 ? [message, message] : [message]));
    expect(judge(seen, PER_SECOND)).toEqual({ kind: "faults", lost: 0, doubled: 1, reordered: 0 });
  });

  it("catch two messages swapped", async () => {
    // Readers are written in the same order each time: what reader 7 misses in one broadcast, it gets after the next.
    let held = "";
    const swap: Fault = (message, count) => {
      if (count === 7 + 40 * READERS) held = message;
      return count === 7 + 40 * READERS ? [] : count === 7 + 41 * READERS ? [message, held] : [message];
    };
    expect(judge(await seenWith(swap), PER_SECOND)).toEqual({ kind: "faults", lost: 0, doubled: 0, reordered: 1 });
  });

  it("break off when the server drops a connection", async () => {
    const crew = await crewWith((message) => [message]);
    const long: Program =
      kind === "lockstep" ? { ...PROGRAMS.lockstep, turns: 100_000 } : { ...PROGRAMS.schedule, messages: 100_000 };
    const running = run(crew, long, PATIENCE_MS);
    await endings.shift()?.();
    await expect(running).rejects.toThrow(/broke off: (the server closed the connection|.*ECONNRESET)/);
  });
});

describe("a stall of 200 ms at 1,000 messages a second", () => {
  it("is felt by all that was due meanwhile: it stands in the 99.9th percentile, and in the 95th", async () => {
    const server = await startStallingServer({ afterMessages: 500, forMs: 200 });
    endings.push(server.close);
    const crew = await crewAt(server.url);
    const seen = await run(crew, { ...PROGRAMS.schedule, messages: 2_000 }, 5_000);
    expect(seen).toMatchObject({ lost: 0, doubled: 0, reordered: 0 });
    const latency = Histogram.decode(seen.latency);
    // 200 of 2,000 messages wait up to 200 ms: a tenth of them, not the one that a closed loop would have seen.
    expect(latency.percentile(99.9)).toBeGreaterThan(150_000);
    expect(latency.percentile(95)).toBeGreaterThan(50_000);
    expect(Histogram.decode(seen.lastLatency).percentile(99.9)).toBeGreaterThan(150_000);
  });
});

describe("a starved generator", () => {
  it("is flagged, and the server is not blamed", async () => {
    const crew = await crewWith((message) => [message]);
    const burning = setInterval(() => {
      const end = performance.now() + 60;
      while (performance.now() < end) {}
    }, 1);
    endings.push(() => clearInterval(burning));
    const seen = await run(crew, { ...PROGRAMS.lockstep, turns: 20, perSecond: 100 }, 5_000);
    expect(judge(seen, 100)).toMatchObject({ kind: "generator" });
  });
});
