import { describe, expect, test } from "vitest";
import type { LabMessage } from "../../../lab/engine/control.ts";
import { EventBatcher } from "../../../lab/engine/event-batcher.ts";
import type { Entry } from "../../../lab/engine/run.ts";
import { ServerMeter } from "../../../lab/engine/server-meter.ts";
import { ManualWorld } from "../../support/manual-world.ts";

const MIB = 1_048_576;

function scene() {
  const world = new ManualWorld();
  const sent: LabMessage[] = [];
  const state = { unsentBytes: 0, disconnects: 0 };
  const batcher = new EventBatcher(
    {
      send: (message) => void sent.push(message),
      unsentBytes: () => state.unsentBytes,
      disconnect: () => {
        state.disconnects += 1;
      },
    },
    world,
  );
  const entries = (): Entry[] => sent.flatMap((message) => (message.type === "entries" ? message.entries : []));
  const pass = (size: number, lane = 0, connection = 0, direction: "up" | "down" = "down"): void =>
    batcher.addBytes({ at: 1, lane, connection, direction, bytes: new Uint8Array(size), heldMs: 0 });
  return { world, sent, state, batcher, entries, pass };
}

/** Returns how many bytes were kept and how many only counted. */
function sum(entries: readonly Entry[]): { kept: number; counted: number } {
  let kept = 0;
  let counted = 0;
  for (const entry of entries) {
    if (entry.kind === "bytes") kept += Buffer.from(entry.base64, "base64").length;
    if (entry.kind === "unrecorded") counted += entry.byteLength;
  }
  return { kept, counted };
}

describe("a recording", () => {
  test("a page gets one batch per frame, in order", async () => {
    const { world, sent, batcher, entries, pass } = scene();
    batcher.add({ kind: "opened", at: 0, lane: 1, connection: 5 });
    pass(3, 1, 5);
    batcher.add({ kind: "closed", at: 2, lane: 1, connection: 5, by: "client" });
    expect(sent).toEqual([]);
    await world.advance(16);
    expect(sent).toHaveLength(1);
    expect(entries().map(({ kind }) => kind)).toEqual(["opened", "bytes", "closed"]);
    await world.advance(1_000);
    expect(sent).toHaveLength(1);
    expect(world.pending).toBe(0);
  });

  test("a page that does not keep up gets at most 1 MiB of bytes, and the number of the others", async () => {
    const { world, state, entries, pass } = scene();
    state.unsentBytes = 2 * MIB;
    for (let count = 0; count < 1_600; count += 1) pass(65_536);
    await world.advance(500);
    expect(entries()).toEqual([]);
    state.unsentBytes = 0;
    await world.advance(16);
    const { kept, counted } = sum(entries());
    expect(kept).toBeLessThanOrEqual(MIB);
    expect(kept).toBeGreaterThan(MIB / 2);
    expect(kept + counted).toBe(1_600 * 65_536);
    expect(entries().filter(({ kind }) => kind === "unrecorded")).toHaveLength(1);
    expect(state.disconnects).toBe(0);
  });

  test("bytes after missing ones are counted too, until the page keeps up again", async () => {
    const { world, state, entries, pass } = scene();
    state.unsentBytes = 2 * MIB;
    pass(700_000);
    pass(700_000);
    pass(10);
    pass(10, 2, 7, "up");
    state.unsentBytes = 0;
    await world.advance(16);
    pass(10);
    await world.advance(16);
    expect(entries().map((entry) => ("lane" in entry ? [entry.lane, entry.kind, sum([entry])] : entry))).toEqual([
      [0, "bytes", { kept: 700_000, counted: 0 }],
      [0, "unrecorded", { kept: 0, counted: 700_010 }],
      [2, "bytes", { kept: 10, counted: 0 }],
      [0, "bytes", { kept: 10, counted: 0 }],
    ]);
  });

  test("a page that does not even take entries without bytes is disconnected", async () => {
    const { world, state, batcher, sent } = scene();
    state.unsentBytes = 2 * MIB;
    for (let count = 0; count < 30_000; count += 1) {
      batcher.add({ kind: "opened", at: count, lane: 0, connection: count });
    }
    expect(state.disconnects).toBe(1);
    expect(world.pending).toBe(0);
    state.unsentBytes = 0;
    await world.advance(100);
    expect(sent).toEqual([]);
  });
});

describe("the server's meter", () => {
  test("the meter runs only while it has a listener", async () => {
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
