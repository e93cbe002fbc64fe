import { copyFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RoomLog } from "../../src/chat/log-port.ts";
import { DEFAULT_SETTINGS } from "../../src/chat/settings.ts";
import type { SessionToken } from "../../src/protocol/ids.ts";
import { asCommandId, asMember } from "../support/cast.ts";
import { RecordingOutlet, recordingWire } from "../support/recording-wire.ts";
import { everything, member, Place, room, seqsOf } from "./support.ts";

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place[Symbol.dispose]());

/** What a process that was ended at this moment would leave behind. */
function storedNow(): number {
  const copy = place.folder.at("copy.db");
  copyFileSync(place.file, copy);
  copyFileSync(`${place.file}-wal`, `${copy}-wal`);
  const database = new DatabaseSync(copy);
  const count = database.prepare("SELECT count(*) AS n FROM events").get()?.["n"];
  database.close();
  return Number(count);
}

/** The seqs of the first 700 commands of `Place.say` that the log still replies to. */
function remembered(log: RoomLog): number[] {
  const ids = Array.from({ length: 700 }, (_, n) => asCommandId(`c${n + 1}`));
  return ids.map((id) => log.replyTo(member.id, id)).filter((seq) => seq !== undefined);
}

describe("an append", () => {
  test("resolves, and reaches readers, only after its event is in the file", async () => {
    const log = place.open().openLog(room);
    const heard: number[] = [];
    const stored: [seq: number, count: number][] = [];
    log.listen({
      stored: ({ seq }) => heard.push(storedNow() - seq),
      ephemeral: () => undefined,
      jumped: () => undefined,
    });
    for (let n = 1; n <= 3; n += 1) {
      void log.append({ type: "joined", member }).then((seq) => stored.push([seq, storedNow()]));
    }
    await Promise.resolve();
    expect([heard, stored, log.head, storedNow()]).toEqual([[], [], 0, 0]);
    await place.world.turn();
    expect(stored).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(heard).toEqual([2, 1, 0]);
  });

  test("shares one transaction with all others of its turn, in all rooms", async () => {
    const store = place.open();
    const logs = ["a", "b", "c"].map((name) => store.openLog(`${room}-${name}` as typeof room));
    let begun = 0;
    const { transaction } = store.database;
    store.database.transaction = (work) => {
      begun += 1;
      transaction.call(store.database, work);
    };
    const all = logs.flatMap((log) => [1, 2, 3, 4].map(() => log.append({ type: "joined", member })));
    await place.world.turn();
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
    expect(begun).toBe(1);
  });
});

describe("after opening again", () => {
  test("a log has its epoch, its head and its events, some read from the file and some from memory", async () => {
    const first = place.open();
    const before = first.openLog(room);
    const said = [...(await place.say(before, 5, "before \0 \r\n 😀"))];
    await first.close();
    const log = place.open().openLog(room);
    expect([log.epoch, log.head, log.oldest]).toEqual([before.epoch, 5, 1]);
    said.push(...(await place.say(log, 5, "after")));
    const read = await log.read({ epoch: log.epoch, seq: 0 }, everything);
    expect(read).toMatchObject({ kind: "events", events: said });
    expect(await log.before({ epoch: log.epoch, seq: 7 }, 4)).toEqual(said.slice(3, 7));
    expect(await seqsOf(log)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("a log closed in the same process has the events that were pending", async () => {
    const store = place.open();
    const log = store.openLog(room);
    const waiting = log.append({ type: "joined", member });
    await log.close();
    expect(await waiting).toBe(1);
    expect(store.openLog(room)).toMatchObject({ epoch: log.epoch, head: 1 });
  });

  test("a store still refuses revoked sessions until their tokens expire", async () => {
    const first = place.open();
    const until = place.world.wallNow() + 60_000;
    const ending = first.revoked.add(asMember("m1"), until, room);
    await place.world.turn();
    await ending;
    await first.close();
    const store = place.open();
    expect([store.revoked.has(asMember("m1"), until), store.revoked.has(asMember("m2"), until)]).toEqual([true, false]);
    await place.world.advance(62_000);
    expect(store.revoked.has(asMember("m1"), until)).toBe(false);
  });
});

describe("a hub on the same file", () => {
  const wire = recordingWire("stream");

  function process() {
    const { world } = place;
    const hub = world.hub({ commandRate: null }, place.open());
    const settled = async <Value>(promise: Promise<Value>): Promise<Value> => {
      promise.catch(() => undefined);
      await world.turn();
      return promise;
    };
    return {
      hub,
      settled,
      open: (name: string) => settled(hub.open({ room, name })),
      say: (session: SessionToken, id: string) =>
        settled(hub.post(session, { type: "say", id: asCommandId(id), text: id })),
      attach: async (session: SessionToken, after: string) => {
        const outlet = new RecordingOutlet();
        const admission = await settled(
          Promise.resolve(hub.admit({ session, after, reader: 1, transport: wire.name })),
        );
        hub.attach(admission, wire, outlet, 15_000);
        await world.turn();
        return outlet;
      },
      end: () => settled(hub.close()),
    };
  }

  test("replies to a duplicate of an older command with the first reply, whatever its text", async () => {
    const before = process();
    const ada = await before.open("Ada");
    const id = "c\0 1 ü";
    expect(await before.say(ada.session, id)).toEqual({ type: "ok", id, seq: 2 });
    await before.end();
    const after = process();
    expect(await after.say(ada.session, id)).toEqual({ type: "ok", id, seq: 2 });
    expect(await after.say(ada.session, "c2")).toEqual({ type: "ok", id: "c2", seq: 3 });
  });

  test("keeps that reply for 5 minutes even if its event left the window", async () => {
    const settings = { replayEvents: 1 };
    const first = place.open({ settings });
    const log = first.openLog(room);
    // More than are deleted together, so that its row has gone.
    await place.say(log, 700);
    await first.close();
    const kept = place.open({ settings });
    expect(remembered(kept.openLog(room))).toHaveLength(700);
    await kept.close();
    const later = place.open({ settings });
    place.world.stall(DEFAULT_SETTINGS.dedupeMs + 1_000);
    for (let n = 0; n < 10; n += 1) await place.world.advance(1_000);
    await later.close();
    // What is left is the reply of the newest event, which is never deleted.
    expect(remembered(place.open({ settings }).openLog(room))).toEqual([700]);
  });

  test("lets members reconnect silently within the linger, and makes the others leave", async () => {
    const before = process();
    const ada = await before.open("Ada");
    const grace = await before.open("Grace");
    await before.end();
    const after = process();
    const outlet = await after.attach(ada.session, grace.cursor);
    expect(outlet.types).toEqual(["live"]);
    expect((await after.hub.members(ada.session)).members.map(({ name }) => name).sort()).toEqual(["Ada", "Grace"]);
    await place.world.advance(31_000);
    expect(outlet.events.filter(({ type }) => type !== "idle").slice(1)).toMatchObject([
      { type: "left", seq: 3, member: { id: grace.member.id } },
    ]);
    const back = await after.say(grace.session, "back");
    expect(back).toMatchObject({ type: "ok", seq: 5 });
    expect(outlet.events.at(-2)).toMatchObject({ type: "joined", member: { id: grace.member.id } });
  });

  test("refuses a session that ended before, and one whose end is being stored", async () => {
    const before = process();
    const ada = await before.open("Ada");
    const quitting = before.hub.quit(ada.session);
    await expect(before.hub.current(ada.session)).rejects.toMatchObject({ code: "session_unknown" });
    await before.settled(quitting);
    await before.end();
    const after = process();
    await expect(after.hub.current(ada.session)).rejects.toMatchObject({ code: "session_unknown" });
  });
});
