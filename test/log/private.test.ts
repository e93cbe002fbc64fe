import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { ChatHub } from "../../src/chat/hub.ts";
import { RoomKeyHasher } from "../../src/chat/room-key.ts";
import { Database } from "../../src/log/sqlite/database.ts";
import { MIGRATIONS, migrate } from "../../src/log/sqlite/tables.ts";
import { asRoom } from "../support/cast.ts";
import { Place, room } from "./support.ts";

const KEY = "a key for two";

/** A hub over the file, as the next process has it. Close it before the next one. */
function openHub(place: Place): ChatHub {
  return place.world.hub({}, place.open());
}

/** Opening waits for the commit at the turn's end. */
async function open(place: Place, hub: ChatHub, key?: string) {
  const asked = { room, name: "Ada", ...(key === undefined ? {} : { key }) };
  const opening = hub.open(asked);
  const settled = opening.then(
    () => true,
    () => true,
  );
  while (
    !(await Promise.race([settled, place.world.turn().then(() => new Promise<false>((go) => setImmediate(go, false)))]))
  );
  return opening;
}

test("a private room stays private over a restart, and its sessions stay valid", async () => {
  using place = new Place();
  const first = openHub(place);
  const ada = await open(place, first, KEY);
  await first.close();

  const second = openHub(place);
  await expect(open(place, second)).rejects.toMatchObject({ code: "not_allowed" });
  await expect(open(place, second, "another key")).rejects.toMatchObject({ code: "not_allowed" });
  expect((await second.current(ada.session)).room).toBe(room);
  expect((await open(place, second, KEY)).epoch).toBe(ada.epoch);
  await second.close();
});

test("the file contains neither a room key nor an unsalted hash of it", async () => {
  using place = new Place();
  const hub = openHub(place);
  await open(place, hub, KEY);
  await hub.close();
  const database = new DatabaseSync(place.file);
  const [row] = database.prepare("SELECT * FROM rooms").all();
  database.close();
  expect(JSON.stringify(row)).not.toContain(KEY);
  expect(row).toMatchObject({ salt: expect.stringMatching(/^[\w-]{22}$/), hash: expect.stringMatching(/^[\w-]{43}$/) });
});

test("the name of a deleted private room stays reserved for a while, also over a restart", async () => {
  using place = new Place();
  const settings = { replayMs: 60_000, lockMs: 120_000 };
  const store = place.open({ settings });
  const lock = await new RoomKeyHasher().hash(KEY);
  const log = store.openLog(room, lock);
  const { epoch } = log;
  await place.say(log, 3);
  await log.close();
  await place.world.advance(65_000);
  expect(store.find(room)).toEqual({ keyHash: lock, reserved: true });
  await store.close();
  const again = place.open({ settings });
  expect(again.find(room)).toEqual({ keyHash: lock, reserved: true });
  await place.world.advance(125_000);
  expect(again.find(room)).toBeUndefined();
  expect(again.openLog(room).epoch).not.toBe(epoch);
  expect(again.find(room)).toEqual({ keyHash: null, reserved: false });
});

test("a deleted private room can be created again only with its key", async () => {
  using place = new Place();
  const { world } = place;
  const hub = world.hub({ lingerMs: 1_000 }, place.open({ settings: { replayMs: 60_000 } }));
  const ada = await open(place, hub, KEY);
  const leaving = hub.quit(ada.session);
  await world.turn();
  await leaving;
  for (const name of ["one", "two"]) {
    const opening = hub.open({ room: asRoom(name), name: "Eve" });
    await world.turn();
    await opening;
  }
  await hub.close();
  const next = world.hub({}, place.open({ settings: { replayMs: 60_000 } }));
  await world.advance(65_000);
  await expect(open(place, next)).rejects.toMatchObject({ code: "not_allowed" });
  await expect(open(place, next, "another key")).rejects.toMatchObject({ code: "not_allowed" });
  const made = await open(place, next, KEY);
  expect(made.epoch).not.toBe(ada.epoch);
  expect(made.cursor).toBe(`${made.epoch}-1`);
  await next.close();
});

test("the rooms of a file of version 1 are public", async () => {
  using place = new Place();
  const database = new Database(place.file, { durability: "process" });
  migrate(database, MIGRATIONS.slice(0, 1));
  database
    .prepare("INSERT INTO rooms (name, epoch, began, made_at) VALUES (?, 'oldepoch', 0, ?)")
    .run(room, place.world.wallNow());
  database.close();
  const hub = openHub(place);
  expect((await open(place, hub)).epoch).toBe("oldepoch");
  await expect(open(place, hub, KEY)).rejects.toMatchObject({ code: "not_allowed" });
  await hub.close();
});
