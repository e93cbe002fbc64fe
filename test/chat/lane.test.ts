import fc from "fast-check";
import { expect, it } from "vitest";
import type { ReaderHandle } from "../../src/chat/ports.ts";
import type { DownEvent } from "../../src/protocol/events.ts";
import type { CommandId, RoomName } from "../../src/protocol/ids.ts";
import { ManualWorld } from "../support/manual-world.ts";
import { RecordingOutlet, recordingWire } from "../support/recording-wire.ts";

/** An outlet in whose write other readers go: what no transport does today, and no broadcast may mind. */
class Meddler extends RecordingOutlet {
  victims: ReaderHandle[] = [];

  override write(frame: readonly DownEvent[]): "more" | "full" | "done" {
    const answer = super.write(frame);
    for (const victim of this.victims.splice(0)) victim.detach();
    return answer;
  }
}

it("writes to nobody twice and passes nobody over, whoever leaves or fills up during a broadcast", async () => {
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
      const outlets: Meddler[] = [];
      const handles: ReaderHandle[] = [];
      for (const { session } of opened) {
        const seat = await hub.admit({ session, after: undefined, reader: undefined, transport: wire.name });
        const outlet = new Meddler();
        outlets.push(outlet);
        handles.push(hub.attach(seat, wire, outlet, 15_000));
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
        // Who was not sent away had all three, or the one after which its way down was full or had ended.
        expect(got.length).toBe(plans[n]?.answer === "more" ? 3 : 1);
      }
    }),
    { numRuns: 200 },
  );
});
