import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Read } from "../../src/chat/log/contract.ts";
import { MemoryLog } from "../../src/chat/log/memory.ts";
import { isEpoch } from "../../src/protocol/cursor.ts";
import type { Epoch, MemberId } from "../../src/protocol/ids.ts";

const member = { id: "m1" as MemberId, name: "Ada" };

function epoch(text: string): Epoch {
  if (!isEpoch(text)) throw new Error(`${text} is no epoch`);
  return text;
}

async function filled(count: number, replayEvents: number, replayBytes = 1_000_000): Promise<MemoryLog> {
  const log = new MemoryLog(epoch("e1"), { replayEvents, replayBytes }, () => 5);
  for (let n = 0; n < count; n += 1) await log.append({ type: "joined", member });
  return log;
}

function seqs(read: Read): number[] | string {
  return read.kind === "events" ? read.events.map(({ seq }) => seq) : `gap ${read.position.seq} ${read.missed}`;
}

const all = { upTo: Number.MAX_SAFE_INTEGER, events: 1_000_000, bytes: 1_000_000_000 };

describe("memory log", () => {
  it("holds the newest events of its window, densely numbered, whatever their number", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 5_000 }),
        fc.integer({ min: 1, max: 1_500 }),
        async (count, window) => {
          const log = await filled(count, window);
          const kept = Math.min(count, window);
          expect(log.head).toBe(count);
          expect(log.oldest).toBe(count - kept + 1);
          const read = await log.read({ epoch: log.epoch, seq: log.oldest - 1 }, all);
          expect(seqs(read)).toEqual(Array.from({ length: kept }, (_, n) => log.oldest + n));
        },
      ),
      { numRuns: 30 },
    );
  });

  it("tells of a gap with the exact number missed, or null where no number is true", async () => {
    const log = await filled(30, 10);
    expect(seqs(await log.read({ epoch: log.epoch, seq: 4 }, all))).toBe("gap 20 16");
    expect(seqs(await log.read({ epoch: log.epoch, seq: 20 }, all))).toHaveLength(10);
    expect(seqs(await log.read({ epoch: log.epoch, seq: 31 }, all))).toBe("gap 20 null");
    expect(seqs(await log.read({ epoch: epoch("e2"), seq: 25 }, all))).toBe("gap 20 null");
  });

  it("keeps to the limits of one read, and gives at least one event", async () => {
    const log = await filled(10, 100);
    const start = { epoch: log.epoch, seq: 0 };
    expect(seqs(await log.read(start, { ...all, events: 3 }))).toEqual([1, 2, 3]);
    expect(seqs(await log.read(start, { ...all, upTo: 2 }))).toEqual([1, 2]);
    expect(seqs(await log.read(start, { ...all, bytes: 1 }))).toEqual([1]);
  });

  it("bounds its bytes but keeps the newest event", async () => {
    const log = await filled(50, 1_000, 300);
    expect(log.bytes).toBeLessThanOrEqual(300);
    expect(log.oldest).toBeGreaterThan(40);
    const tiny = await filled(3, 1_000, 1);
    expect(tiny.oldest).toBe(3);
  });

  it("pages backwards up to and including a seq", async () => {
    const log = await filled(30, 10);
    expect((await log.before(25, 3)).map(({ seq }) => seq)).toEqual([23, 24, 25]);
    expect((await log.before(22, 50)).map(({ seq }) => seq)).toEqual([21, 22]);
    expect(await log.before(15, 50)).toEqual([]);
  });
});
