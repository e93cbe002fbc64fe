import { beforeEach, describe, expect, it } from "vitest";
import { ChatHub } from "../../src/chat/hub.ts";
import type { RecurringReader } from "../../src/chat/ports.ts";
import { formatCursor } from "../../src/protocol/cursor.ts";
import type { CommandId, Cursor, Epoch, RoomName, SessionToken } from "../../src/protocol/ids.ts";
import { ManualWorld } from "../support/manual-world.ts";
import { RecordingOutlet, recordingWire } from "../support/recording-wire.ts";

const HOLD_MS = 25_000;
const wire = recordingWire("polls", { streaming: false });

let world: ManualWorld;
let hub: ChatHub;
let session: SessionToken;
let place: (seq: number) => Cursor;
let outlet: RecordingOutlet;
let reader: RecurringReader;

/** A reader for the polls of link 1, in a room whose newest event is the third. */
beforeEach(async () => {
  world = new ManualWorld();
  hub = new ChatHub(world, "secret", { lingerMs: 30_000, supersedeMs: 5_000, commandRate: null });
  const opened = await hub.open({ room: "lobby" as RoomName, name: "Ada" });
  session = opened.session;
  place = (seq) => formatCursor(opened.epoch, seq);
  await say("one");
  await say("two");
  outlet = new RecordingOutlet();
  outlet.answer = "done";
  reader = hub.recurring(await seatOf(1), wire, outlet, HOLD_MS);
});

async function seatOf(number: number) {
  return await hub.admit({ session, after: place(0), reader: number, transport: wire.name });
}

async function say(text: string): Promise<void> {
  await hub.post(session, { type: "say", id: `c-${text}` as CommandId, text });
  await world.turn();
}

describe("a reader that recurs", () => {
  it("is not attached before it is asked", () => {
    expect(hub.counts.connections).toBe(0);
    expect(outlet.frames).toEqual([]);
  });

  it("reads on from each place it is given, as one that was newly attached there", async () => {
    expect(reader.again(place(1))).toBe(true);
    await world.turn();
    expect(outlet.seqs).toEqual([2, 3]);
    expect(hub.counts.connections).toBe(0);
    expect(reader.again(place(3))).toBe(true);
    expect(hub.counts.connections).toBe(1);
    await say("three");
    expect(outlet.seqs).toEqual([2, 3, 4]);
    // A place twice, one that is gone, and the head once more.
    expect(reader.again(place(1))).toBe(true);
    await world.turn();
    expect(reader.again(formatCursor("zzzz" as Epoch, 9))).toBe(true);
    await world.turn();
    expect(reader.again(place(4))).toBe(true);
    await world.pass(HOLD_MS + 100);
    expect(outlet.frames.slice(2).map((frame) => frame.map(({ type }) => type))).toEqual([
      ["message", "message", "message"],
      ["gap", "joined", "message", "message", "message"],
      ["idle"],
    ]);
    expect(hub.counts.connections).toBe(0);
  });

  it("leaves no timer behind, however often it comes", async () => {
    const before = hub.counts.timers;
    for (let n = 0; n < 50; n += 1) {
      expect(reader.again(place(3 + n))).toBe(true);
      await say(`${n}`);
    }
    expect(hub.counts.timers).toBe(before);
  });

  it("keeps nothing of a poll that was cut while the log was read for it", async () => {
    // A place of another epoch takes two reads: one for the gap, one for what is held.
    for (const cut of [place(0), formatCursor("zzzz" as Epoch, 9)]) {
      for (let hops = 0; hops < 4; hops += 1) {
        const before = outlet.frames.length;
        expect(reader.again(cut)).toBe(true);
        for (let hop = 0; hop < hops; hop += 1) await Promise.resolve();
        reader.detach();
        // What is still being read would be taken for what the next poll asks for.
        const isReading = outlet.frames.length === before;
        if (isReading) expect(reader.again(place(3))).toBe(false);
        await world.turn();
        expect(outlet.frames).toHaveLength(isReading ? before : before + 1);
        expect(reader.again(place(2))).toBe(true);
        await world.turn();
        expect(outlet.frames.at(-1)).toMatchObject([{ type: "message", text: "two" }]);
      }
    }
  });

  it("is refused where it would not be admitted at once", async () => {
    expect(reader.again(place(3))).toBe(true);
    const second = hub.attach(await seatOf(2), wire, new RecordingOutlet(), HOLD_MS);
    await world.pass(6_000);
    expect(outlet.bye).toMatchObject({ reason: "superseded" });
    reader.detach();
    expect(reader.again(place(3))).toBe(false);
    second.detach();
    const newest = hub.recurring(await seatOf(3), wire, outlet, HOLD_MS);
    expect(newest.again(place(3))).toBe(true);
    newest.detach();
    await world.pass(31_000);
    expect((await hub.members(session)).count).toBe(0);
    expect(newest.again(place(3))).toBe(false);
  });

  it.each([
    ["its session has ended", async () => await hub.quit(session)],
    ["the server drains", async () => await hub.drain()],
    ["its room has made way for another", async () => await makeWay()],
  ])("is refused when %s", async (_when, happens) => {
    const end = happens();
    await world.turn();
    await end;
    expect(reader.again(place(3))).toBe(false);
    expect(hub.counts.connections).toBe(0);
  });
});

/** Ada has gone, her room was dropped for lack of space, and she has come back into a new one of that name. */
async function makeWay(): Promise<void> {
  await hub.close();
  hub = new ChatHub(world, "secret", { rooms: 1, lingerMs: 1_000 });
  ({ session } = await hub.open({ room: "lobby" as RoomName, name: "Ada" }));
  reader = hub.recurring(await seatOf(1), wire, outlet, HOLD_MS);
  await world.pass(2_000);
  const other = await hub.open({ room: "other" as RoomName, name: "Bob" });
  await hub.quit(other.session);
  await world.turn();
  hub.attach(await seatOf(1), wire, outlet, 0);
  expect((await hub.members(session)).count).toBe(1);
}
