import { type Database, integerOf } from "./sqlite.ts";
import { explain, StoreError } from "./store-error.ts";

/** "Skyr": says in the file's head whose it is. */
const APPLICATION_ID = 0x536b7972;

/**
 * From each version of the schema to the next; the file says in `user_version` how many of them it has been through.
 * A row of `rooms` without a name was given up: its events are being deleted. `began` is the seq after which its epoch
 * began. `replies` are those of messages that left the replay window before their time was up. `salt` and `hash` are the
 * lock of a private room, NULL for one that is open to all. `locks` are those of private rooms that are gone. `at` and
 * `until` of `locks` are by the store's clock (src/chat/store-clock.ts), the time in an event's body is the wall clock's.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE rooms (
     id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, epoch TEXT NOT NULL, began INTEGER NOT NULL,
     made_at INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE events (
     room INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, bytes INTEGER NOT NULL,
     member TEXT, command TEXT, body TEXT NOT NULL, PRIMARY KEY (room, seq)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE replies (
     room INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, member TEXT NOT NULL, command TEXT NOT NULL,
     PRIMARY KEY (room, seq)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE ended (member TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE INDEX ended_until ON ended (until);`,
  `ALTER TABLE rooms ADD COLUMN salt TEXT;
   ALTER TABLE rooms ADD COLUMN hash TEXT;`,
  `CREATE TABLE locks (
     name TEXT PRIMARY KEY, salt TEXT NOT NULL, hash TEXT NOT NULL, until INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
];

/** Brings a file to the newest version, in one transaction; an empty file gets all tables. Throws StoreError. */
export function migrate(database: Database, migrations: readonly string[] = MIGRATIONS): void {
  const version = number(database, "PRAGMA user_version");
  const application = number(database, "PRAGMA application_id");
  const tables = number(database, "SELECT count(*) FROM sqlite_schema");
  if (application !== APPLICATION_ID && (application !== 0 || tables > 0)) {
    throw refused(database, "foreign", `application id ${application}`);
  }
  if (version > migrations.length) {
    throw refused(database, "newer", `schema ${version}, this version knows ${migrations.length}`);
  }
  if (version === migrations.length) return;
  database.transaction(() => {
    for (const step of migrations.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

function number(database: Database, sql: string): number {
  return integerOf(database.prepare(sql).first()?.[0]);
}

function refused(database: Database, fault: "foreign" | "newer", detail: string): StoreError {
  return new StoreError(fault, explain(fault, database.file, detail));
}
