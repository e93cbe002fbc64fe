import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asRoom } from "../support/cast.ts";
import { Place, room, seqsOf } from "./support.ts";

/** A day would be 86,400 steps of the sweep. */
const AGE_MS = 100_000;
const settings = { replayMs: AGE_MS };

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
  test("deletes events that left the window from the file, in slices", async () => {
    const settings = { replayEvents: 10 };
    const store = place.open({ settings });
    const log = store.openLog(room);
    for (let n = 0; n < 20; n += 1) {
      await place.say(log, 100);
      expect(log.oldest).toBe(log.head - 9);
    }
    // As a process that is killed leaves it: the file is not closed cleanly.
    store.database.close();
    expect(rows("events")).toBeLessThan(10 + 256 + 100);
    const again = place.open({ settings });
    expect(await seqsOf(again.openLog(room))).toEqual([1991, 1992, 1993, 1994, 1995, 1996, 1997, 1998, 1999, 2000]);
  });

  test("deletes at most one slice per turn", async () => {
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

  test("deletes events that are too old, whether the room is open or not, and keeps the head", async () => {
    const store = place.open({ settings });
    const log = store.openLog(room);
    await place.say(log, 3);
    const closed = store.openLog(asRoom("closed"));
    await place.say(closed, 3);
    await place.world.advance(AGE_MS - 10_000);
    await place.say(closed, 1);
    await closed.close();
    await place.world.advance(20_000);
    expect([log.oldest, log.head, log.cost]).toEqual([4, 3, 0]);
    expect(await log.read({ epoch: log.epoch, seq: 1 }, { upTo: 3, events: 9, bytes: 9_999 })).toMatchObject({
      kind: "gap",
      missed: 2,
      position: { seq: 3 },
    });
    expect(await seqsOf(store.openLog(asRoom("closed")))).toEqual([4]);
    await store.close();
    expect(rows("events")).toBe(2);
    const again = place.open({ settings }).openLog(room);
    expect([again.epoch, again.head, again.oldest]).toEqual([log.epoch, 3, 3]);
    expect((await place.say(again, 1))[0]?.seq).toBe(4);
  });

  test("deletes a room in which nothing was said for `replayMs`", async () => {
    const store = place.open({ settings });
    const log = store.openLog(room);
    await place.say(log, 3);
    await log.close();
    await place.world.advance(AGE_MS + 10_000);
    expect(store.bytes).toBe(0);
    await store.close();
    expect([rows("rooms"), rows("events"), rows("replies")]).toEqual([0, 0, 0]);
    expect(place.open({ settings }).openLog(room)).toMatchObject({ head: 0 });
  });

  test("keeps every room, however many others are created", async () => {
    const store = place.open({ settings: { rooms: 3 } });
    const log = store.openLog(room);
    await place.say(log, 3);
    await log.close();
    for (let n = 0; n < 50; n += 1) {
      const other = store.openLog(asRoom(`other-${n}`));
      await place.say(other, 1);
      await other.close();
    }
    expect(await seqsOf(store.openLog(room))).toEqual([1, 2, 3]);
  });
});
