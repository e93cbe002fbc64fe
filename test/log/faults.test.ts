import { closeSync, copyFileSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StoreError } from "../../src/log/store-error.ts";
import type { SessionToken } from "../../src/protocol/ids.ts";
import { asCommandId, asRoom } from "../support/cast.ts";
import { RecordingOutlet, recordingWire } from "../support/recording-wire.ts";
import { everything, Place, room, seqsOf } from "./support.ts";

const wire = recordingWire("stream");

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place[Symbol.dispose]());

async function scene() {
  const { world } = place;
  const store = place.open();
  const hub = world.hub({ commandRate: null }, store);
  const settled = async <Value>(promise: Promise<Value>): Promise<Value> => {
    promise.catch(() => undefined);
    await world.turn();
    return promise;
  };
  const ada = await settled(hub.open({ room, name: "Ada" }));
  const read = async (session: SessionToken) => {
    const outlet = new RecordingOutlet();
    const admission = await hub.admit({ session, after: ada.cursor, reader: undefined, transport: wire.name });
    hub.attach(admission, wire, outlet, 15_000);
    await world.turn();
    return outlet;
  };
  let n = 0;
  const say = (id = `c${++n}`) =>
    settled(hub.post(ada.session, { type: "say", id: asCommandId(id), text: "x".repeat(1_000) }));
  const fill = async (): Promise<number> => {
    store.database.limitPages(1);
    for (let said = 0; ; said += 1) if ((await say())?.type === "refused") return said;
  };
  return { store, hub, ada, settled, read, say, fill };
}

describe("a disk that is full while the server runs", () => {
  test("refuses commands with the time to retry, and is reported once", async () => {
    const { fill, say, store } = await scene();
    await fill();
    const refused = { type: "refused", code: "overloaded", retry: true, retryAfterMs: 5_000 };
    for (let n = 0; n < 3; n += 1) expect(await say()).toMatchObject(refused);
    expect(place.world.reported).toHaveLength(1);
    const [error] = place.world.reported;
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({
      code: "full",
      message: expect.stringMatching(/^There is no space left to write .*rooms\.db .*\. Free some/),
    });
    expect(JSON.stringify(await say())).not.toContain("rooms.db");
    store.database.limitPages(1_000_000);
  });

  test("loses no acknowledged message, serves readers, and stores again once there is space", async () => {
    const { fill, say, store, read, ada, hub, settled } = await scene();
    const before = await read(ada.session);
    const said = await fill();
    const retried = "tried again";
    expect(await say(retried)).toMatchObject({ type: "refused" });
    expect(before.seqs).toEqual(Array.from({ length: said }, (_, n) => n + 2));
    expect((await read(ada.session)).seqs).toEqual(before.seqs);
    expect((await hub.history(ada.session, ada.cursor, 50)).events).toHaveLength(1);
    store.database.limitPages(1_000_000);
    expect(await say(retried)).toEqual({ type: "ok", id: retried, seq: said + 2 });
    expect(await say(retried)).toEqual({ type: "ok", id: retried, seq: said + 2 });
    expect(before.seqs.at(-1)).toBe(said + 2);
    await settled(hub.close());
    expect(await seqsOf(place.open().openLog(room))).toEqual(Array.from({ length: said + 2 }, (_, n) => n + 1));
  });
});

describe("a store that fails for a while", () => {
  test("lets nobody join or leave until it can store it", async () => {
    const { store, ada, hub, settled } = await scene();
    store.database.exec("PRAGMA query_only = 1");
    await expect(settled(hub.open({ room, name: "Grace" }))).rejects.toMatchObject({ code: "overloaded" });
    await expect(settled(hub.open({ room: asRoom("new"), name: "Grace" }))).rejects.toMatchObject({
      code: "overloaded",
    });
    expect(hub.counts.sessions).toBe(1);
    await expect(settled(hub.quit(ada.session))).rejects.toMatchObject({ code: "overloaded" });
    expect((await hub.members(ada.session)).members).toMatchObject([{ name: "Ada" }]);
    store.database.exec("PRAGMA query_only = 0");
    await settled(hub.quit(ada.session));
    await expect(hub.members(ada.session)).rejects.toMatchObject({ code: "session_unknown" });
    await settled(hub.close());
    expect(place.open().openLog(room).presence.list()).toEqual([]);
  });

  test("keeps a lost member present until its leave can be stored", async () => {
    const { store, read, ada, hub, settled } = await scene();
    const grace = await settled(hub.open({ room, name: "Grace" }));
    const outlet = await read(ada.session);
    store.database.exec("PRAGMA query_only = 1");
    await place.world.advance(31_000);
    expect(outlet.types).not.toContain("left");
    store.database.exec("PRAGMA query_only = 0");
    await place.world.advance(31_000);
    expect(outlet.events.find(({ type }) => type === "left")).toMatchObject({ member: { id: grace.member.id } });
  });
});

describe("a file", () => {
  /** Overwrites a stretch of the file, as a bad disk would. */
  const damage = (from: number, length: number): void => {
    const file = openSync(place.file, "r+");
    writeSync(file, Buffer.alloc(length, 0xa5), 0, length, from);
    closeSync(file);
  };

  test("that was damaged is detected at the start", async () => {
    const store = place.open();
    await place.say(store.openLog(room), 500, "x".repeat(200));
    await store.close();
    damage(40_960, 20_480);
    expect(() => place.open()).toThrow(
      expect.objectContaining({
        code: "damaged",
        message: expect.stringMatching(/rooms\.db is damaged or no SQLite file .*Move it away/),
      }),
    );
  });

  test("that is damaged while the server runs affects only readers of the damaged part", async () => {
    const before = place.open();
    const { epoch } = before.openLog(room);
    await place.say(before.openLog(room), 3_000, "x".repeat(3_000));
    await before.close();
    const store = place.open({ settings: { replayBytes: 100_000_000 } });
    const log = store.openLog(room);
    const size = statSync(place.file).size;
    damage(Math.floor(size / 3), 1_000_000);
    const [said] = await place.say(log, 1, "at the head");
    expect(said?.seq).toBe(log.head);
    const atHead = await log.read({ epoch, seq: log.head - 1 }, everything);
    expect(atHead.kind === "events" && atHead.events).toEqual([said]);
    const { oldest } = log;
    const read = await log.read({ epoch, seq: oldest - 1 }, everything);
    expect(read).toEqual({ kind: "gap", position: { epoch, seq: log.head - 1 }, missed: log.head - oldest });
    await expect(log.before({ epoch, seq: log.head - 1 }, 3_000)).rejects.toMatchObject({
      code: "internal",
      retry: true,
    });
    expect(place.world.reported).toHaveLength(1);
  });

  test("is used by one process, and a second one is refused", async () => {
    const store = place.open();
    const log = store.openLog(room);
    expect(() => place.open()).toThrow(
      expect.objectContaining({
        code: "locked",
        message: expect.stringMatching(/rooms\.db is in use by another process .*Stop that one/),
      }),
    );
    const stranger = new DatabaseSync(place.file);
    expect(() => stranger.exec("DELETE FROM events")).toThrow(/locked/);
    stranger.close();
    expect((await place.say(log, 1))[0]?.seq).toBe(1);
    await store.close();
  });

  test("that becomes read-only while the server runs refuses commands and serves readers", async () => {
    const store = place.open();
    const log = store.openLog(room);
    await place.say(log, 3);
    store.database.exec("PRAGMA query_only = 1");
    await expect(place.say(log, 2)).rejects.toMatchObject({ code: "overloaded", retryAfterMs: 5_000 });
    expect(await seqsOf(log)).toEqual([1, 2, 3]);
    expect(place.world.reported).toMatchObject([{ code: "read_only" }]);
    store.database.exec("PRAGMA query_only = 0");
    expect((await place.say(log, 2)).map(({ seq }) => seq)).toEqual([4, 5]);
  });
});

describe("a file that disappears while the server runs", () => {
  const away = (): string => place.folder.at("elsewhere.db");

  test.each<[what: string, happens: () => void, line: RegExp]>([
    ["is deleted", () => rmSync(place.file), /rooms\.db was deleted, moved or replaced .*rooms\.db is gone/],
    ["is moved", () => renameSync(place.file, away()), /rooms\.db is gone/],
    [
      "is replaced",
      () => {
        copyFileSync(place.file, away());
        renameSync(away(), place.file);
      },
      /rooms\.db is another file/,
    ],
    ["loses its write-ahead log", () => rmSync(`${place.file}-wal`), /rooms\.db-wal is gone/],
  ])("and %s takes nothing more, is not ready, and is reported once", async (_what, happens, line) => {
    const { store, say, read, ada, settled } = await scene();
    const reader = await read(ada.session);
    expect(await say()).toMatchObject({ type: "ok" });
    await settled(store.check());
    happens();
    await place.world.advance(3_000);
    for (let n = 0; n < 3; n += 1)
      expect(await say()).toMatchObject({ type: "refused", code: "overloaded", retry: true });
    await expect(settled(store.check())).rejects.toMatchObject({ code: "overloaded" });
    expect(reader.types).not.toContain("bye");
    expect(place.world.reported).toHaveLength(1);
    expect(place.world.reported).toMatchObject([{ code: "lost", message: expect.stringMatching(line) }]);
  });

  test("and returns is used again, which is logged", async () => {
    const { store, say, settled } = await scene();
    renameSync(place.file, away());
    expect(await say()).toMatchObject({ type: "refused" });
    renameSync(away(), place.file);
    await place.world.advance(3_000);
    await settled(store.check());
    expect(await say()).toMatchObject({ type: "ok" });
    expect(place.world.noted).toEqual(["store recovered"]);
  });
});
