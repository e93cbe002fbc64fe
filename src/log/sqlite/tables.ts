import { EVENT_BYTES } from "../../chat/log-port.ts";
import type { RoomKeyHash } from "../../chat/room-key.ts";
import { explain, StoreError } from "../store-error.ts";
import { type Database, integerOf, textOf } from "./database.ts";

/** "Skyr", in the header of the file: identifies it as a file of Skyrocket. */
const APPLICATION_ID = 0x536b7972;

/**
 * The schema, as the steps from each version to the next; `user_version` in the file is the number of steps applied.
 * A row of `rooms` without a name is a deleted room whose events are still being deleted. `began` is the seq after which
 * the room's epoch began. `replies` are those of messages that left the replay window too early to be forgotten. `salt`
 * and `hash` are the key hash of a private room, NULL for a public one. `locks` are the key hashes of deleted private
 * rooms, whose names are reserved. `at` and `until` of `locks` are by the store's clock; the time in an event's body is
 * the wall clock's.
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

/** Migrates a file to the newest version in one transaction; an empty file gets all tables. Throws StoreError. */
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

/** A row of `events`. Its body is included only for `joined` and `left`, which have no command. */
export interface EventRow {
  readonly seq: number;
  readonly at: number;
  readonly bytes: number;
  readonly member: string | null;
  readonly command: string | null;
  readonly body: string | null;
}

export interface ReplyRow {
  readonly seq: number;
  readonly at: number;
  readonly member: string;
  readonly command: string;
}

export interface RoomRow {
  readonly id: number;
  readonly name: string | null;
  readonly epoch: string;
  readonly began: number;
  readonly madeAt: number;
  readonly keyHash: RoomKeyHash | null;
}

export interface ReservationRow {
  readonly name: string;
  readonly keyHash: RoomKeyHash;
  readonly until: number;
}

export interface DeletedEvents {
  readonly bytes: number;
  /** How many replies were kept although their events were deleted. */
  readonly keptReplies: number;
}

/** Bytes. A row of up to 1,002 in a WITHOUT ROWID table is on one page; a larger one has 489 there and overflow pages. */
const MOST_ON_PAGE = 1_002;
const KEPT_ON_PAGE = 489;
const PAGE_BYTES = 4_096;
const OVERFLOW_BYTES = 4_092;
/** The columns beside the body. */
const COLUMN_BYTES = 100;

/** Returns the bytes of an event of this size in a file with pages of 4 KiB, and no less than in memory. */
export function costInFile(size: number): number {
  if (size + COLUMN_BYTES <= MOST_ON_PAGE) return EVENT_BYTES + size;
  const pages = Math.ceil((size + COLUMN_BYTES - KEPT_ON_PAGE) / OVERFLOW_BYTES);
  return EVENT_BYTES + KEPT_ON_PAGE + pages * PAGE_BYTES;
}

/** The sum of `costInFile` over rows whose size is in the column `bytes`. */
const COST_IN_FILE_SQL = `sum(${EVENT_BYTES} + CASE WHEN bytes + ${COLUMN_BYTES} <= ${MOST_ON_PAGE} THEN bytes
  ELSE ${KEPT_ON_PAGE} + (bytes + ${COLUMN_BYTES - KEPT_ON_PAGE + OVERFLOW_BYTES - 1}) / ${OVERFLOW_BYTES} * ${PAGE_BYTES} END)`;

export type Tables = ReturnType<typeof prepareStatements>;

/** Prepares all statements on the tables. */
export function prepareStatements(database: Database) {
  const insertEvent = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)");
  const bodies = database.prepare("SELECT body FROM events WHERE room = ? AND seq BETWEEN ? AND ? ORDER BY seq");
  const events = database.prepare(
    `SELECT seq, at, bytes, member, command, CASE WHEN command IS NULL THEN body END
     FROM events WHERE room = ? ORDER BY seq`,
  );
  const replies = database.prepare("SELECT seq, at, member, command FROM replies WHERE room = ? ORDER BY seq");
  const oldestEvents = database.prepare("SELECT seq, at, bytes FROM events WHERE room = ? ORDER BY seq LIMIT ?");
  const cost = database.prepare(`SELECT ${COST_IN_FILE_SQL} FROM events WHERE room = ? AND seq <= ?`);
  const keepReplies = database.prepare(
    `INSERT INTO replies SELECT room, seq, at, member, command FROM events
     WHERE room = ? AND seq <= ? AND at > ? AND command IS NOT NULL`,
  );
  const deleteEvents = database.prepare("DELETE FROM events WHERE room = ? AND seq <= ?");
  const oldReplies = database.prepare(
    "SELECT max(seq) FROM (SELECT seq, at FROM replies WHERE room = ? ORDER BY seq LIMIT ?) WHERE at <= ?",
  );
  const oldestReplies = database.prepare(
    "SELECT max(seq) FROM (SELECT seq FROM replies WHERE room = ? ORDER BY seq LIMIT ?)",
  );
  const deleteReplies = database.prepare("DELETE FROM replies WHERE room = ? AND seq <= ?");
  const rooms = database.prepare("SELECT id, name, epoch, began, made_at, salt, hash FROM rooms ORDER BY id");
  const sums = database.prepare(`SELECT room, ${COST_IN_FILE_SQL}, max(at) FROM events GROUP BY room`);
  const countReplies = database.prepare("SELECT count(*) FROM replies");
  const reservations = database.prepare("SELECT name, salt, hash, until FROM locks ORDER BY until");
  const insertReservation = database.prepare("INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?)");
  const deleteReservation = database.prepare("DELETE FROM locks WHERE name = ?");
  const deleteReservations = database.prepare("DELETE FROM locks WHERE until <= ?");
  const insertRoom = database.prepare(
    "INSERT INTO rooms (name, epoch, began, made_at, salt, hash) VALUES (?, ?, 0, ?, ?, ?) RETURNING id",
  );
  const head = database.prepare("SELECT max(seq) FROM events WHERE room = ?");
  const beginEpoch = database.prepare("UPDATE rooms SET epoch = ?, began = ? WHERE id = ?");
  const markDeleted = database.prepare("UPDATE rooms SET name = NULL WHERE id = ?");
  const deleteRoom = database.prepare("DELETE FROM rooms WHERE id = ?");
  const isRevoked = database.prepare("SELECT 1 FROM ended WHERE member = ?");
  const insertRevoked = database.prepare("INSERT OR REPLACE INTO ended VALUES (?, ?)");
  const deleteRevoked = database.prepare(
    "DELETE FROM ended WHERE member IN (SELECT member FROM ended WHERE until <= ? ORDER BY until LIMIT ?)",
  );
  const meta = database.prepare("SELECT value FROM facts WHERE name = ?");
  const setMeta = database.prepare("INSERT OR REPLACE INTO facts VALUES (?, ?)");
  const deleteMeta = database.prepare("DELETE FROM facts WHERE name = ?");

  return {
    insertEvent(room: number, { seq, at, bytes, member, command }: EventRow, body: string): void {
      insertEvent.run(room, seq, at, bytes, member, command, body);
    },
    /** Returns the bodies of the events from one seq to another, both included. */
    bodies: (room: number, from: number, to: number): string[] =>
      bodies.rows(room, from, to).map(([body]) => textOf(body)),
    events: (room: number): EventRow[] =>
      events.rows(room).map(([seq, at, bytes, member, command, body]) => ({
        seq: integerOf(seq),
        at: integerOf(at),
        bytes: integerOf(bytes),
        member: optionalText(member),
        command: optionalText(command),
        body: optionalText(body),
      })),
    replies: (room: number): ReplyRow[] =>
      replies.rows(room).map(([seq, at, member, command]) => ({
        seq: integerOf(seq),
        at: integerOf(at),
        member: textOf(member),
        command: textOf(command),
      })),
    /** Returns the oldest events of a room, at most `limit`, and the bytes each takes. */
    oldestEvents: (room: number, limit: number): { seq: number; at: number; cost: number }[] =>
      oldestEvents.rows(room, limit).map(([seq, at, bytes]) => ({
        seq: integerOf(seq),
        at: integerOf(at),
        cost: costInFile(integerOf(bytes)),
      })),
    /** Deletes events up to a seq. Keeps the replies of those stored after `keepAfter`. */
    deleteEvents(room: number, upTo: number, keepAfter: number): DeletedEvents {
      const bytes = integerOf(cost.first(room, upTo)?.[0] ?? 0);
      const keptReplies = keepReplies.run(room, upTo, keepAfter);
      deleteEvents.run(room, upTo);
      return { bytes, keptReplies };
    },
    /** Deletes replies stored until `before`, checking at most `limit`. Returns how many. */
    deleteReplies: (room: number, before: number, limit: number): number =>
      deleteRepliesUpTo(oldReplies.first(room, limit, before)?.[0], room),
    /** Deletes the oldest replies of a room, at most `limit`. Returns how many. */
    deleteOldestReplies: (room: number, limit: number): number =>
      deleteRepliesUpTo(oldestReplies.first(room, limit)?.[0], room),
    countReplies: (): number => integerOf(countReplies.first()?.[0]),
    reservations: (): ReservationRow[] =>
      reservations.rows().map(([name, salt, hash, until]) => ({
        name: textOf(name),
        keyHash: { salt: textOf(salt), hash: textOf(hash) },
        until: integerOf(until),
      })),
    insertReservation: (name: string, { salt, hash }: RoomKeyHash, until: number): void =>
      void insertReservation.run(name, salt, hash, until),
    deleteReservation: (name: string): void => void deleteReservation.run(name),
    deleteReservations: (before: number): void => void deleteReservations.run(before),
    rooms: (): RoomRow[] =>
      rooms.rows().map(([id, name, epoch, began, madeAt, salt, hash]) => ({
        id: integerOf(id),
        name: optionalText(name),
        epoch: textOf(epoch),
        began: integerOf(began),
        madeAt: integerOf(madeAt),
        keyHash: salt === null ? null : { salt: textOf(salt), hash: textOf(hash) },
      })),
    /** Returns the bytes of the events and the time of the newest, by room. Reads the whole table. */
    sums: (): Map<number, { cost: number; newestAt: number }> =>
      new Map(
        sums.rows().map(([room, cost, at]) => [integerOf(room), { cost: integerOf(cost), newestAt: integerOf(at) }]),
      ),
    insertRoom: (name: string, epoch: string, at: number, keyHash: RoomKeyHash | null): number =>
      integerOf(insertRoom.first(name, epoch, at, keyHash?.salt ?? null, keyHash?.hash ?? null)?.[0]),
    /** Begins a new epoch after the room's newest event. */
    beginEpoch(room: number, epoch: string): void {
      const newest = head.first(room)?.[0];
      beginEpoch.run(epoch, newest === null ? 0 : integerOf(newest), room);
    },
    markDeleted: (room: number): void => void markDeleted.run(room),
    deleteRoom: (room: number): void => void deleteRoom.run(room),
    isRevoked: (member: string): boolean => isRevoked.first(member) !== undefined,
    insertRevoked: (member: string, until: number): void => void insertRevoked.run(member, until),
    deleteRevoked: (before: number, limit: number): void => void deleteRevoked.run(before, limit),
    meta: (name: string): string | undefined => {
      const row = meta.first(name);
      return row === undefined ? undefined : textOf(row[0]);
    },
    setMeta: (name: string, value: string): void => void setMeta.run(name, value),
    deleteMeta: (name: string): void => void deleteMeta.run(name),
  };

  function deleteRepliesUpTo(seq: unknown, room: number): number {
    return seq === null ? 0 : deleteReplies.run(room, integerOf(seq));
  }
}

function optionalText(value: unknown): string | null {
  return value === null ? null : textOf(value);
}

function number(database: Database, sql: string): number {
  return integerOf(database.prepare(sql).first()?.[0]);
}

function refused(database: Database, fault: "foreign" | "newer", detail: string): StoreError {
  return new StoreError(fault, explain(fault, database.file, detail));
}
