import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameCache } from "../../src/chat/fan-out.ts";
import type { ReaderHandle } from "../../src/chat/ports.ts";
import type { DownEvent } from "../../src/protocol/events.ts";
import type { CommandId, RoomName } from "../../src/protocol/ids.ts";
import { asEpoch } from "../support/cast.ts";
import { ManualWorld } from "../support/manual-world.ts";
import { RecordingOutlet, recordingWire } from "../support/recording-wire.ts";

/** An outlet that detaches other readers while it is written. No transport does so today. */
class DetachingOutlet extends RecordingOutlet {
  victims: ReaderHandle[] = [];

  override write(frame: readonly DownEvent[]): "more" | "full" | "done" {
    const answer = super.write(frame);
    for (const victim of this.victims.splice(0)) victim.detach();
    return answer;
  }
}

test("a broadcast writes to each reader exactly once, even if readers leave or fill up meanwhile", async () => {
  const readers = fc.array(
    fc.record({
      answer: fc.constantFrom("more", "full", "done" as const),
      detaches: fc.array(fc.nat(), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(readers, async (plans) => {
      const world = new ManualWorld();
      const hub = world.hub({ commandRate: null });
      const wire = recordingWire("stream");
      const room = "lobby" as RoomName;
      const opened = await Promise.all(plans.map((_, n) => hub.open({ room, name: `n${n}` })));
      await world.turn();
      const outlets: DetachingOutlet[] = [];
      const handles: ReaderHandle[] = [];
      for (const { session } of opened) {
        const admission = await hub.admit({ session, after: undefined, reader: undefined, transport: wire.name });
        const outlet = new DetachingOutlet();
        outlets.push(outlet);
        handles.push(hub.attach(admission, wire, outlet, 15_000));
      }
      const [first] = opened;
      if (first === undefined) return;
      for (const [n, { answer, detaches }] of plans.entries()) {
        const outlet = outlets[n];
        if (outlet === undefined) continue;
        outlet.answer = answer;
        outlet.victims = detaches.flatMap((pick) => handles[pick % handles.length] ?? []);
      }
      const start = outlets.map(({ seqs }) => seqs.length);
      for (let said = 1; said <= 3; said += 1) {
        await hub.post(first.session, { type: "say", id: `c${said}` as CommandId, text: "hi" });
        await world.turn();
      }
      const victims = new Set(plans.flatMap(({ detaches }) => detaches.map((pick) => pick % plans.length)));
      for (const [n, outlet] of outlets.entries()) {
        const got = outlet.seqs.slice(start[n]).filter((seq) => seq > plans.length);
        expect(new Set(got).size).toBe(got.length);
        if (victims.has(n)) continue;
        // A reader that stayed got all three, or the one after which its outlet was full or done.
        expect(got.length).toBe(plans[n]?.answer === "more" ? 3 : 1);
      }
    }),
    { numRuns: 200 },
  );
});

const events = (count: number): DownEvent[] => Array.from({ length: count }, (_, at) => ({ type: "idle", at }));

describe("the frame cache", () => {
  test("makes one frame for all readers of the same range", () => {
    const wire = recordingWire("stream");
    const frames = new FrameCache(wire, asEpoch("e1"), new ManualWorld().core().timers);
    expect(frames.frame(3, events(2))).toBe(frames.frame(3, events(2)));
    expect(wire.framed).toBe(1);
  });

  test("returns the frame of exactly these events if other ranges start at the same seq", () => {
    const frames = new FrameCache(recordingWire("stream"), asEpoch("e1"), new ManualWorld().core().timers);
    for (const count of [1, 3, 2]) expect(frames.frame(3, events(count))).toEqual(events(count));
  });

  test("drops frames when others are asked for", () => {
    const wire = recordingWire("stream");
    const frames = new FrameCache(wire, asEpoch("e1"), new ManualWorld().core().timers);
    for (let from = 0; from < 20; from += 1) frames.frame(from, events(1));
    frames.frame(0, events(1));
    expect(wire.framed).toBe(21);
  });

  test("keeps no frame of a quiet room for longer than a second, and then no timer", async () => {
    const world = new ManualWorld();
    const { timers } = world.core();
    const wire = recordingWire("stream");
    const frames = new FrameCache(wire, asEpoch("e1"), timers);
    frames.frame(0, events(1));
    await world.advance(1_100);
    expect(timers.size).toBe(0);
    frames.frame(0, events(1));
    expect(wire.framed).toBe(2);
  });
});
