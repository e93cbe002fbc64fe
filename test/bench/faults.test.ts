import { afterEach, describe, expect, it } from "vitest";
import { judge } from "../../bench/fanout/validity.ts";
import { type Crew, openCrew } from "../../bench/generator/crew.ts";
import type { Seen } from "../../bench/generator/messages.ts";
import { run } from "../../bench/generator/run.ts";
import { type Fault, startFaultyServer } from "./faulty-server.ts";

const READERS = 20;
const BROADCASTS = 100;
const PER_SECOND = 1_000;

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function crewOf(fault: Fault): Promise<Crew> {
  const server = await startFaultyServer(fault);
  endings.push(server.close);
  const crew = await openCrew({
    type: "open",
    row: "faulty",
    url: server.url,
    reader: "raw",
    publisher: "line",
    readers: READERS,
    sessions: false,
  });
  endings.push(crew.close);
  return crew;
}

async function seenWith(fault: Fault): Promise<Seen> {
  return run(await crewOf(fault), { broadcasts: BROADCASTS, perSecond: PER_SECOND, patienceMs: 200 });
}

describe("a run of 2,000 deliveries", () => {
  it("finds nothing wrong with a server that does its work", async () => {
    const seen = await seenWith((message) => [message]);
    expect(seen).toMatchObject({ deliveries: 2_000, lost: 0, doubled: 0, reordered: 0, bytesUp: 0 });
    expect(seen.bytesDown / seen.deliveries).toBeGreaterThan(100);
  });

  it("catches one message in 1,000 dropped", async () => {
    const seen = await seenWith((message, count) => (count % 1_000 === 500 ? [] : [message]));
    expect(seen).toMatchObject({ deliveries: 1_998, lost: 2, doubled: 0, reordered: 0 });
    expect(judge(seen, PER_SECOND)).toEqual({ kind: "faults", lost: 2, doubled: 0, reordered: 0 });
  });

  it("catches one message doubled", async () => {
    const seen = await seenWith((message, count) => (count === 777 ? [message, message] : [message]));
    expect(judge(seen, PER_SECOND)).toEqual({ kind: "faults", lost: 0, doubled: 1, reordered: 0 });
  });

  it("catches two messages swapped", async () => {
    // Readers are written in the same order each time: what reader 7 misses in one broadcast, it gets after the next.
    let held = "";
    const swap: Fault = (message, count) => {
      if (count === 7 + 40 * READERS) held = message;
      return count === 7 + 40 * READERS ? [] : count === 7 + 41 * READERS ? [message, held] : [message];
    };
    expect(judge(await seenWith(swap), PER_SECOND)).toEqual({ kind: "faults", lost: 0, doubled: 0, reordered: 1 });
  });

  it("breaks off when the server drops a connection", async () => {
    const crew = await crewOf((message) => [message]);
    const running = run(crew, { broadcasts: 100_000, perSecond: PER_SECOND, patienceMs: 200 });
    const server = endings.shift();
    await server?.();
    await expect(running).rejects.toThrow(/broke off: the server closed the connection/);
  });
});

describe("a starved generator", () => {
  it("is flagged, and the server is not blamed", async () => {
    const crew = await crewOf((message) => [message]);
    const burning = setInterval(() => {
      const end = performance.now() + 60;
      while (performance.now() < end) {}
    }, 1);
    endings.push(() => clearInterval(burning));
    const seen = await run(crew, { broadcasts: 20, perSecond: 100, patienceMs: 5_000 });
    expect(judge(seen, 100)).toMatchObject({ kind: "generator" });
  });
});
