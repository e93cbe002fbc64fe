import { describe, expect, it } from "vitest";
import type { Telling } from "../../../lab/engine/control.ts";
import { Teller } from "../../../lab/engine/event-batcher.ts";
import type { Entry } from "../../../lab/engine/run.ts";
import { ServerMeter } from "../../../lab/engine/server-meter.ts";
import { ManualWorld } from "../../support/manual-world.ts";

const MIB = 1_048_576;

function scene() {
  const world = new ManualWorld();
  const sent: Telling[] = [];
  const state = { backlog: 0, overwhelmed: 0 };
  const teller = new Teller(
    {
      send: (telling) => void sent.push(telling),
      backlog: () => state.backlog,
      overwhelmed: () => {
        state.overwhelmed += 1;
      },
    },
    world,
  );
  const entries = (): Entry[] => sent.flatMap((telling) => (telling.type === "entries" ? telling.entries : []));
  const pass = (size: number, lane = 0, connection = 0, direction: "up" | "down" = "down"): void =>
    teller.tellPassed({ at: 1, lane, connection, direction, bytes: new Uint8Array(size), heldMs: 0 });
  return { world, sent, state, teller, entries, pass };
}

/** How many of the bytes were told, and how many only counted. */
function sum(entries: readonly Entry[]): { told: number; counted: number } {
  let told = 0;
  let counted = 0;
  for (const entry of entries) {
    if (entry.kind === "bytes") told += Buffer.from(entry.base64, "base64").length;
    if (entry.kind === "unrecorded") counted += entry.byteLength;
  }
  return { told, counted };
}

describe("what a visitor is told", () => {
  it("comes in one batch per frame of a page, in order", async () => {
    const { world, sent, teller, entries, pass } = scene();
    teller.tell({ kind: "opened", at: 0, lane: 1, connection: 5 });
    pass(3, 1, 5);
    teller.tell({ kind: "closed", at: 2, lane: 1, connection: 5, by: "client" });
    expect(sent).toEqual([]);
    await world.advance(16);
    expect(sent).toHaveLength(1);
    expect(entries().map(({ kind }) => kind)).toEqual(["opened", "bytes", "closed"]);
    await world.advance(1_000);
    expect(sent).toHaveLength(1);
    expect(world.pending).toBe(0);
  });

  it("waits while the page does not keep up: bytes are counted, none are kept, and none are unaccounted for", async () => {
    const { world, state, entries, pass } = scene();
    state.backlog = 2 * MIB;
    for (let count = 0; count < 1_600; count += 1) pass(65_536);
    await world.advance(500);
    expect(entries()).toEqual([]);
    state.backlog = 0;
    await world.advance(16);
    const { told, counted } = sum(entries());
    expect(told).toBeLessThanOrEqual(MIB);
    expect(told).toBeGreaterThan(MIB / 2);
    expect(told + counted).toBe(1_600 * 65_536);
    expect(entries().filter(({ kind }) => kind === "unrecorded")).toHaveLength(1);
    expect(state.overwhelmed).toBe(0);
  });

  it("joins nothing over a hole, and records again once it keeps up", async () => {
    const { world, state, entries, pass } = scene();
    state.backlog = 2 * MIB;
    pass(700_000);
    pass(700_000);
    pass(10);
    pass(10, 2, 7, "up");
    state.backlog = 0;
    await world.advance(16);
    pass(10);
    await world.advance(16);
    expect(entries().map((entry) => ("lane" in entry ? [entry.lane, entry.kind, sum([entry])] : entry))).toEqual([
      [0, "bytes", { told: 700_000, counted: 0 }],
      [0, "unrecorded", { told: 0, counted: 700_010 }],
      [2, "bytes", { told: 10, counted: 0 }],
      [0, "bytes", { told: 10, counted: 0 }],
    ]);
  });

  it("ends when not even what happened, without its bytes, is taken", async () => {
    const { world, state, teller, sent } = scene();
    state.backlog = 2 * MIB;
    for (let count = 0; count < 30_000; count += 1) {
      teller.tell({ kind: "opened", at: count, lane: 0, connection: count });
    }
    expect(state.overwhelmed).toBe(1);
    expect(world.pending).toBe(0);
    state.backlog = 0;
    await world.advance(100);
    expect(sent).toEqual([]);
  });
});

describe("the server's meter", () => {
  it("runs while someone listens, and only then", async () => {
    const world = new ManualWorld();
    const meter = new ServerMeter(world);
    const heard: number[] = [];
    expect([meter.running, world.pending]).toEqual([false, 0]);
    const first = meter.listen(({ rssBytes }) => heard.push(rssBytes));
    const second = meter.listen(({ cpuMsPerSecond }) => heard.push(cpuMsPerSecond));
    expect([meter.running, world.pending]).toEqual([true, 1]);
    await world.advance(2_000);
    expect(heard).toHaveLength(4);
    first();
    first();
    await world.advance(1_000);
    expect(heard).toHaveLength(5);
    second();
    expect([meter.running, world.pending]).toEqual([false, 0]);
    await world.advance(5_000);
    expect(heard).toHaveLength(5);
    meter.listen(() => heard.push(0))();
    expect([meter.running, world.pending]).toEqual([false, 0]);
  });
});
