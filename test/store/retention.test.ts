import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChatHub } from "../../src/chat/hub.ts";
import { DEFAULT_SETTINGS } from "../../src/chat/settings.ts";
import { asRoom } from "../support/cast.ts";
import { Place, room, seqsOf } from "./support.ts";

const DAY_MS = DEFAULT_SETTINGS.replayMs;

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place[Symbol.dispose]());

/** Rows of a table, once no process holds the file. */
function rows(table: "events" | "rooms" | "replies"): number {
  using database = new DatabaseSync(place.file);
  return Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"]);
}

describe("retention", () => {
  it("deletes what has left the window from the file, in slices, some of it behind", async () => {
    const settings = { replayEvents: 10 };
    const store = place.open({ settings });
    const log = store.openLog(room);
    for (let n = 0; n < 20; n += 1) {
      await place.say(log, 100);
      expect(log.oldest).toBe(log.head - 9);
    }
    // As a process that is killed leaves it: the file is not closed in good order.
    store.database.close();
    expect(rows("events")).toBeLessThan(10 + 256 + 100);
    const again = place.open({ settings });
    expect(await seqsOf(again.openLog(room))).toEqual([1991, 1992, 1993, 1994, 1995, 1996, 1997, 1998, 1999, 2000]);
  });

  it("deletes at most a slice in one turn, whatever there is", async () => {
    const first = place.open({ settings: { replayEvents: 5_000 } });
    await place.say(first.openLog(room), 5_000);
    await first.close();
    const store = place.open({ settings: { replayEvents: 1 } });
    const log = store.openLog(room);
    const counts: number[] = [];
    const { transaction } = store.database;
    const count = store.database.prepare("SELECT count(*) FROM events");
    store.database.transaction = (work) => {
      transaction.call(store.database, work);
      counts.push(Number(count.first()?.[0]));
    };
    await place.say(log, 1);
    const steps = counts.slice(1).map((left, n) => (counts[n] ?? 0) - left);
    expect(steps.length).toBeGreaterThan(8);
    expect(Math.max(...steps)).toBeLessThanOrEqual(500);
    expect(counts.at(-1)).toBeLessThan(500);
  });

  it("deletes events a day old, in a room that is open and in one that is not, and keeps its place", async () => {
    const store = place.open();
    const log = store.openLog(room);
    await place.say(log, 3);
    const closed = store.openLog(asRoom("closed"));
    await place.say(closed, 3);
    await place.world.pass(DAY_MS - 10_000);
    await place.say(closed, 1);
    await closed.close();
    await place.world.pass(20_000);
    expect([log.oldest, log.head, log.bytes]).toEqual([4, 3, 0]);
    expect(await log.read({ epoch: log.epoch, seq: 1 }, { upTo: 3, events: 9, bytes: 9_999 })).toMatchObject({
      kind: "gap",
      missed: 2,
      position: { seq: 3 },
    });
    expect(await seqsOf(store.openLog(asRoom("closed")))).toEqual([4]);
    await store.close();
    expect(rows("events")).toBe(2);
    const again = place.open().openLog(room);
    expect([again.epoch, again.head, again.oldest]).toEqual([log.epoch, 3, 4]);
    expect((await place.say(again, 1))[0]?.seq).toBe(4);
  });

  it("gives up a room in which nothing was said for a day", async () => {
    const store = place.open();
    const log = store.openLog(room);
    await place.say(log, 3);
    await log.close();
    await place.world.pass(DAY_MS + 10_000);
    expect(store.bytes).toBe(0);
    await store.close();
    expect([rows("rooms"), rows("events"), rows("replies")]).toEqual([0, 0, 0]);
    expect(place.open().openLog(room)).toMatchObject({ head: 0 });
  });

  it("keeps to its number of rooms: that which was used longest ago makes way, unless it is open", async () => {
    const store = place.open({ settings: { rooms: 3 } });
    const names = ["a", "b", "c"].map(asRoom);
    for (const name of names) {
      const log = store.openLog(name);
      await place.say(log, 700);
      await place.world.pass(1_000);
      if (name !== names[0]) await log.close();
    }
    const bytes = store.bytes;
    store.openLog(asRoom("d"));
    expect(store.bytes).toBeLessThan(bytes);
    store.openLog(asRoom("e"));
    expect(() => store.openLog(asRoom("f"))).toThrow(expect.objectContaining({ code: "overloaded" }));
    await place.world.pass(20_000);
    await store.close();
    expect([rows("rooms"), rows("events"), rows("replies")]).toEqual([3, 700, 0]);
  });

  it("keeps to its bytes: empty rooms are given up, then nothing more is taken", async () => {
    const { world } = place;
    const settings = { logBytes: 20_000, commandRate: null };
    const hub = new ChatHub(world, "secret", settings, place.open({ settings }));
    const inRoom = async (name: string) => {
      const opening = hub.open({ room: asRoom(name), name: "Ada" });
      await world.turn();
      return (await opening).session;
    };
    const say = async (session: Awaited<ReturnType<typeof inRoom>>, n: number) => {
      const reply = hub.post(session, { type: "say", id: `c${n}` as never, text: "x".repeat(900) });
      await world.turn();
      return reply;
    };
    const first = await inRoom("one");
    for (let n = 0; n < 15; n += 1) expect(await say(first, n)).toMatchObject({ type: "ok" });
    const leaving = hub.quit(first);
    await world.turn();
    await leaving;
    const second = await inRoom("two");
    const replies = [];
    for (let n = 0; n < 30; n += 1) replies.push(await say(second, n));
    expect(replies.slice(0, 16).map((reply) => reply?.type)).toEqual(Array.from({ length: 16 }, () => "ok"));
    expect(replies.at(-1)).toMatchObject({ type: "refused", code: "overloaded", retry: true, retryAfterMs: 10_000 });
    await hub.close();
    expect(rows("rooms")).toBeLessThanOrEqual(2);
  });
});
