import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReaderHandle } from "../../src/chat/ports.ts";
import type { Settings } from "../../src/chat/settings.ts";
import type { CommandId, RoomName, SessionToken } from "../../src/protocol/ids.ts";
import { ManualWorld } from "../support/manual-world.ts";
import { RecordingOutlet, recordingWire } from "../support/recording-wire.ts";

const room = "lobby" as RoomName;
const stream = recordingWire("stream");
const poll = recordingWire("poll", { streaming: false });
let commands = 0;

function freshId(): CommandId {
  commands += 1;
  return `c${commands}` as CommandId;
}

async function setUp(settings: Partial<Settings> = {}) {
  const world = new ManualWorld();
  const hub = world.hub({ commandRate: null, ...settings });
  const open = async (name: string) => {
    const opened = await hub.open({ room, name });
    await world.turn();
    return opened;
  };
  const attach = async (
    session: SessionToken,
    ask: { after?: string; reader?: number; idleMs?: number } = {},
    wire = stream,
  ) => {
    const outlet = new RecordingOutlet();
    const admission = await hub.admit({ session, after: ask.after, reader: ask.reader, transport: wire.name });
    const reader = hub.attach(admission, wire, outlet, ask.idleMs ?? 15_000);
    return { outlet, reader };
  };
  const say = (session: SessionToken, text = "hi", id = freshId()) => hub.post(session, { type: "say", id, text });
  return { world, hub, open, attach, say };
}

describe("the hub", () => {
  test("makes one frame and one write per reader for all messages of one turn", async () => {
    const { world, open, attach, say } = await setUp();
    const ada = await open("Ada");
    const readers = await Promise.all([1, 2, 3].map(async (n) => attach((await open(`Reader ${n}`)).session)));
    await world.turn();
    const before = readers.map(({ outlet }) => outlet.frames.length);
    const framed = stream.framed;
    for (let n = 0; n < 10; n += 1) await say(ada.session);
    await world.turn();
    expect(readers.map(({ outlet }, n) => outlet.frames.length - (before[n] ?? 0))).toEqual([1, 1, 1]);
    expect(stream.framed - framed).toBe(1);
  });

  test("ends only the reader whose outlet throws while it catches up", async () => {
    const { world, hub, open, attach, say } = await setUp();
    const ada = await open("Ada");
    const other = await attach((await open("Grace")).session);
    await say(ada.session);
    await world.turn();
    const outlet = new RecordingOutlet();
    outlet.write = () => {
      throw new Error("the outlet fails");
    };
    const admission = await hub.admit({ session: ada.session, after: ada.cursor, reader: 1, transport: stream.name });
    hub.attach(admission, stream, outlet, 15_000);
    await world.turn();
    expect(world.reported).toEqual([new Error("the outlet fails")]);
    expect(outlet.destroyed).toBe(true);
    await say(ada.session, "still here");
    await world.turn();
    expect(other.outlet.types.filter((type) => type === "message")).toHaveLength(2);
    await hub.close();
  });

  test("writes every event exactly once and in order to each reader, however attaching, full outlets and new events interleave", async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant("say" as const) },
      { weight: 2, arbitrary: fc.constant("attach" as const) },
      { weight: 2, arbitrary: fc.constant("fill" as const) },
      { weight: 2, arbitrary: fc.constant("resume" as const) },
      { weight: 3, arbitrary: fc.constant("turn" as const) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(step, fc.nat()), { maxLength: 80 }),
        fc.integer({ min: 1, max: 5 }),
        async (steps, batchEvents) => {
          const { world, open, attach, say } = await setUp({ batchEvents });
          const ada = await open("Ada");
          const readers: { outlet: RecordingOutlet; reader: ReaderHandle; from: number }[] = [];
          let said = 1;
          for (const [kind, pick] of steps) {
            const chosen = readers[pick % Math.max(1, readers.length)];
            if (kind === "say") {
              // Not awaited for a turn: the event is appended and not handed out yet.
              await say(ada.session);
              said += 1;
            } else if (kind === "attach") {
              const from = pick % (said + 1);
              const opened = await attach(ada.session, { after: `${ada.epoch}-${from}`, reader: readers.length + 1 });
              readers.push({ ...opened, from });
            } else if (kind === "fill" && chosen !== undefined) chosen.outlet.answer = "full";
            else if (kind === "resume" && chosen !== undefined) {
              chosen.outlet.answer = "more";
              chosen.reader.resume();
            } else if (kind === "turn") await world.turn();
          }
          for (const { outlet, reader } of readers) {
            outlet.answer = "more";
            reader.resume();
          }
          await world.turn();
          for (const { outlet, from } of readers) {
            expect(outlet.seqs).toEqual(Array.from({ length: said - from }, (_, n) => from + 1 + n));
            expect(outlet.types.filter((type) => type === "live")).toHaveLength(1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test("answers a poll at the head with the next event, or with idle when its hold ends", async () => {
    const { world, open, attach, say } = await setUp();
    const ada = await open("Ada");
    const waiting = await attach(ada.session, { after: ada.cursor, idleMs: 1_000 }, poll);
    waiting.outlet.answer = "done";
    expect(waiting.outlet.frames).toHaveLength(0);
    await say(ada.session);
    await world.turn();
    expect(waiting.outlet.types).toEqual(["message"]);
    const quiet = await attach(ada.session, { after: `${ada.epoch}-2`, idleMs: 1_000 }, poll);
    quiet.outlet.answer = "done";
    await world.advance(999);
    expect(quiet.outlet.types).toEqual([]);
    await world.advance(60);
    expect(quiet.outlet.types).toEqual(["idle"]);
  });

  test("writes idle only after a whole heartbeat without a write", async () => {
    const { world, open, attach, say } = await setUp({ heartbeatMs: 1_000 });
    const ada = await open("Ada");
    const { outlet } = await attach(ada.session, { after: ada.cursor, idleMs: 1_000 });
    for (let n = 0; n < 5; n += 1) {
      await world.advance(900);
      await say(ada.session);
      await world.turn();
    }
    expect(outlet.types).not.toContain("idle");
    await world.advance(1_100);
    expect(outlet.types.at(-1)).toBe("idle");
  });

  test("sends bye to a reader that stays full too long or falls too far behind", async () => {
    for (const settings of [{ slowMs: 2_000 }, { slowBytes: 10_000, slowMs: 600_000 }]) {
      const { world, open, attach, say, hub } = await setUp({ ...settings, byeMs: 4_000 });
      const ada = await open("Ada");
      const { outlet } = await attach(ada.session, { after: ada.cursor });
      outlet.answer = "full";
      for (let n = 0; n < 30; n += 1) {
        await say(ada.session, "x".repeat(400));
        await world.turn();
      }
      expect(outlet.frames.length).toBeLessThan(4);
      await world.advance(2_100);
      expect(outlet.bye).toMatchObject({ reason: "slow_consumer", retry: true });
      expect(outlet.destroyed).toBe(false);
      await world.advance(4_100);
      expect(outlet.destroyed).toBe(true);
      expect(hub.counts.connections).toBe(0);
    }
  });

  test("makes an inactive member leave after its linger, and lets it join again with the same id", async () => {
    const { world, open, attach, hub, say } = await setUp();
    const ada = await open("Ada");
    const grace = await open("Grace");
    const { outlet } = await attach(grace.session, { after: grace.cursor });
    await world.advance(29_000);
    expect(outlet.types).not.toContain("left");
    await world.advance(1_200);
    expect(outlet.types).toContain("left");
    expect(hub.counts.sessions).toBe(2);
    await say(ada.session);
    await world.turn();
    const back = outlet.events.slice(-2);
    expect(back).toMatchObject([{ type: "joined", member: { id: ada.member.id } }, { type: "message" }]);
  });

  test("keeps a member present that only sends", async () => {
    const { world, open, attach, say } = await setUp();
    const ada = await open("Ada");
    const { outlet } = await attach((await open("Grace")).session);
    for (let n = 0; n < 6; n += 1) {
      await world.advance(20_000);
      await say(ada.session);
    }
    await world.turn();
    expect(outlet.types).not.toContain("left");
  });

  test("sends a member count instead of joins and leaves in a crowded room", async () => {
    const { world, hub, open, attach } = await setUp({ censusFrom: 5 });
    const ada = await open("Ada");
    const { outlet } = await attach(ada.session, { after: ada.cursor });
    for (let n = 0; n < 20; n += 1) await open(`Member ${n}`);
    expect(outlet.types.filter((type) => type === "joined")).toHaveLength(4);
    await world.advance(5_100);
    expect(outlet.events.filter(({ type }) => type === "census")).toMatchObject([{ count: 21 }]);
    expect((await hub.members(ada.session)).count).toBe(21);
  });

  test("returns the log's head with the list of members, so that a client knows which events are newer", async () => {
    const { hub, open } = await setUp();
    const ada = await open("Ada");
    expect((await hub.members(ada.session)).cursor).toBe(ada.cursor);
    const grace = await open("Grace");
    expect(await hub.members(ada.session)).toMatchObject({ count: 2, cursor: grace.cursor });
  });

  test("ends the stream of a client that stopped sending alive, and no other", async () => {
    const { world, hub, open, attach } = await setUp();
    const ada = await open("Ada");
    const { outlet } = await attach(ada.session, { after: ada.cursor });
    const foreign = await attach((await open("Foreign")).session);
    await hub.post(ada.session, { type: "alive" });
    await world.advance(44_000);
    expect(outlet.bye).toBeNull();
    await world.advance(2_000);
    expect(outlet.bye).toMatchObject({ reason: "slow_consumer" });
    expect(foreign.outlet.bye).toBeNull();
  });

  test("refuses an ended session, and accepts one of another process with the same secret", async () => {
    const { world, hub, open } = await setUp();
    const ada = await open("Ada");
    const other = world.hub();
    expect((await other.current(ada.session)).member.id).toBe(ada.member.id);
    await hub.quit(ada.session);
    await world.turn();
    await expect(hub.current(ada.session)).rejects.toMatchObject({ code: "session_unknown" });
    await expect(hub.current(undefined)).rejects.toMatchObject({ code: "session_missing" });
  });

  test("ends a session when its token expires", async () => {
    const { world, hub, open, attach } = await setUp({ sessionMs: 60_000 });
    const ada = await open("Ada");
    const { outlet } = await attach(ada.session, { after: ada.cursor });
    await world.advance(80_000);
    expect(outlet.bye).toMatchObject({ reason: "expired", retry: false });
    await expect(hub.members(ada.session)).rejects.toMatchObject({ code: "session_unknown" });
  });

  test("closes empty rooms for new ones, and refuses new ones if none is empty", async () => {
    const { world, hub } = await setUp({ rooms: 2 });
    const names = ["a", "b", "c"].map((name) => name as RoomName);
    for (const name of names.slice(0, 2)) await hub.open({ room: name, name: "Ada" });
    await expect(hub.open({ room: "c" as RoomName, name: "Ada" })).rejects.toMatchObject({ code: "overloaded" });
    await world.advance(31_000);
    await expect(hub.open({ room: "c" as RoomName, name: "Ada" })).resolves.toMatchObject({ room: "c" });
  });

  test("leaves no timer and no connection after it is closed", async () => {
    const { world, hub, open, attach } = await setUp();
    const sessions = await Promise.all(["Ada", "Grace"].map(open));
    const readers = await Promise.all(sessions.map(({ session }) => attach(session)));
    for (const { reader } of readers) reader.detach();
    await world.advance(31_000);
    expect(hub.counts).toMatchObject({ connections: 0, timers: 0 });
    expect(world.pending).toBe(0);
    expect(world.reported).toEqual([]);
  });
});
