import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Read, RoomLog } from "../../src/chat/log-port.ts";
import { MemoryLog } from "../../src/log/memory.ts";
import type { Bounds } from "../../src/log/window.ts";
import { isEpoch } from "../../src/protocol/cursor.ts";
import type { Epoch } from "../../src/protocol/ids.ts";
import { Place, room } from "../log/support.ts";
import { asMember } from "../support/cast.ts";
import { ManualWorld } from "../support/manual-world.ts";

const member = { id: asMember("m1"), name: "Ada" };
const all = { upTo: Number.MAX_SAFE_INTEGER, events: 1_000_000, bytes: 1_000_000_000 };

interface Scene extends Disposable {
  readonly log: RoomLog;
}

/** A log of that many events. */
type Fill = (count: number, bounds: Bounds) => Promise<Scene>;

const inMemory: Fill = async (count, bounds) => {
  const log = new MemoryLog(new ManualWorld().core(bounds));
  for (let n = 0; n < count; n += 1) await log.append({ type: "joined", member });
  return { log, [Symbol.dispose]: () => undefined };
};

const inFile: Fill = async (count, bounds) => {
  const place = new Place();
  const log = place.open({ settings: bounds }).openLog(room);
  for (let n = 0; n < count; n += 1) void log.append({ type: "joined", member });
  await place.world.turn();
  return { log, [Symbol.dispose]: () => place[Symbol.dispose]() };
};

/** Nothing of it is in memory: every event is read from the file. */
const inFileOfBefore: Fill = async (count, bounds) => {
  const place = new Place();
  const before = place.open({ settings: bounds });
  const log = before.openLog(room);
  for (let n = 0; n < count; n += 1) void log.append({ type: "joined", member });
  await place.world.turn();
  await before.close();
  return {
    log: place.open({ settings: bounds }).openLog(room),
    [Symbol.dispose]: () => place[Symbol.dispose](),
  };
};

function epoch(text: string): Epoch {
  if (!isEpoch(text)) throw new Error(`${text} is no epoch`);
  return text;
}

function seqs(read: Read): number[] | string {
  return read.kind === "events" ? read.events.map(({ seq }) => seq) : `gap ${read.position.seq} ${read.missed}`;
}

describe.each([
  ["in memory", inMemory],
  ["in a file", inFile],
  ["in a file, opened again", inFileOfBefore],
])("a log %s", (_name, fill) => {
  const filled = (count: number, replayEvents: number, replayBytes = 1_000_000) =>
    fill(count, { replayEvents, replayBytes });

  test("holds the newest events of its window, numbered without holes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 5_000 }),
        fc.integer({ min: 1, max: 1_500 }),
        async (count, window) => {
          using scene = await filled(count, window);
          const { log } = scene;
          const kept = Math.min(count, window);
          expect(log.head).toBe(count);
          expect(log.oldest).toBe(count - kept + 1);
          const read = await log.read({ epoch: log.epoch, seq: log.oldest - 1 }, all);
          expect(seqs(read)).toEqual(Array.from({ length: kept }, (_, n) => log.oldest + n));
        },
      ),
      { numRuns: 20 },
    );
  });

  test("returns an event as it was appended", async () => {
    using scene = await filled(3, 10);
    const { log } = scene;
    const read = await log.read({ epoch: log.epoch, seq: 1 }, all);
    const first = read.kind === "events" ? read.events[0] : null;
    expect(first).toEqual({ type: "joined", seq: 2, at: expect.any(Number), member });
    expect(read).toMatchObject({ bytes: 2 * Buffer.byteLength(JSON.stringify(first)) });
  });

  test("returns a gap with the exact number missed, or null if it is unknown", async () => {
    using scene = await filled(30, 10);
    const { log } = scene;
    expect(seqs(await log.read({ epoch: log.epoch, seq: 4 }, all))).toBe("gap 20 16");
    expect(seqs(await log.read({ epoch: log.epoch, seq: 20 }, all))).toHaveLength(10);
    expect(seqs(await log.read({ epoch: log.epoch, seq: 31 }, all))).toBe("gap 20 null");
    expect(seqs(await log.read({ epoch: epoch("e2"), seq: 25 }, all))).toBe("gap 20 null");
  });

  test("stays within the limits of one read, and returns at least one event", async () => {
    using scene = await filled(10, 100);
    const { log } = scene;
    const start = { epoch: log.epoch, seq: 0 };
    expect(seqs(await log.read(start, { ...all, events: 3 }))).toEqual([1, 2, 3]);
    expect(seqs(await log.read(start, { ...all, upTo: 2 }))).toEqual([1, 2]);
    expect(seqs(await log.read(start, { ...all, bytes: 1 }))).toEqual([1]);
  });

  test("bounds its bytes but keeps the newest event", async () => {
    using scene = await filled(50, 1_000, 300);
    const { log } = scene;
    const read = await log.read({ epoch: log.epoch, seq: log.oldest - 1 }, all);
    expect(read.kind === "events" && read.bytes).toBeLessThanOrEqual(300);
    expect(scene.log.oldest).toBeGreaterThan(40);
    using tiny = await filled(3, 1_000, 1);
    expect(tiny.log.oldest).toBe(3);
  });

  test("pages backwards up to and including a seq", async () => {
    using scene = await filled(30, 10);
    const { log } = scene;
    expect((await log.before({ epoch: log.epoch, seq: 25 }, 3)).map(({ seq }) => seq)).toEqual([23, 24, 25]);
    expect((await log.before({ epoch: log.epoch, seq: 22 }, 50)).map(({ seq }) => seq)).toEqual([21, 22]);
    expect(await log.before({ epoch: log.epoch, seq: 15 }, 50)).toEqual([]);
    expect(await log.before({ epoch: epoch("e2"), seq: 25 }, 50)).toEqual([]);
  });
});
