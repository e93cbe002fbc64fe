import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { Database } from "../../src/log/sqlite/database.ts";
import { MIGRATIONS, migrate } from "../../src/log/sqlite/tables.ts";
import { Place, room, seqsOf } from "./support.ts";

test("an older file is migrated to the newest version completely or not at all, and keeps its data", async () => {
  using place = new Place();
  const store = place.open();
  const { epoch } = store.openLog(room);
  await place.say(store.openLog(room), 3);
  await store.close();
  const next = [...MIGRATIONS, "ALTER TABLE events ADD COLUMN mood TEXT", "UPDATE events SET mood = 'calm'"];
  const database = new Database(place.file, { durability: "process" });
  expect(() => migrate(database, [...next, "UPDATE nowhere SET x = 1"])).toThrow(/no such table: nowhere/);
  expect(database.prepare("PRAGMA user_version").first()).toEqual([3]);
  migrate(database, next);
  expect(database.prepare("PRAGMA user_version").first()).toEqual([5]);
  expect(database.prepare("SELECT seq, mood FROM events").rows()).toEqual([
    [1, "calm"],
    [2, "calm"],
    [3, "calm"],
  ]);
  expect(database.prepare("SELECT epoch FROM rooms").first()).toEqual([epoch]);
  migrate(database, next);
  database.close();
});

test("an empty file gets the tables of the newest version, and has them the next time", async () => {
  using place = new Place();
  await place.open().close();
  const log = place.open().openLog(room);
  await place.say(log, 2);
  expect(await seqsOf(log)).toEqual([1, 2]);
  expect(MIGRATIONS).toHaveLength(3);
});

test.each([
  [
    "of a newer version",
    "PRAGMA user_version = 7",
    /rooms\.db was written by a newer version \(schema 7, .* knows 3\)/,
  ],
  ["of another program", "PRAGMA application_id = 5", /rooms\.db belongs to another program \(application id 5\)/],
])("refuses a file %s in one line, and leaves it as it was", async (_what, change, line) => {
  using place = new Place();
  await place.open().close();
  const database = new DatabaseSync(place.file);
  database.exec(change);
  database.close();
  for (let attempt = 0; attempt < 2; attempt += 1) {
    expect(() => place.open()).toThrow(
      expect.objectContaining({ name: "StoreError", message: expect.stringMatching(line) }),
    );
  }
});

test("a file of another program is refused", () => {
  using place = new Place();
  const database = new DatabaseSync(place.file);
  database.exec("CREATE TABLE recipes (name TEXT)");
  database.close();
  expect(() => place.open()).toThrow(/belongs to another program/);
});
