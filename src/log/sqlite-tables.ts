import type { RoomLock } from "../chat/lock.ts";
import { COST_IN_FILE_SQL, costInFile } from "./cost.ts";
import { type Database, integerOf, textOf } from "./sqlite.ts";

/** A row of `events` without its body; that of a `joined` or `left`, which has no command, comes along. */
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
  readonly lock: RoomLock | null;
}

export interface LockRow {
  readonly name: string;
  readonly lock: RoomLock;
  readonly until: number;
}

/** What a deletion frees: bytes of events, and replies that it keeps of them. */
export interface Dropped {
  readonly bytes: number;
  readonly replies: number;
}

export type Tables = ReturnType<typeof createTables>;

/** Every statement there is on the tables, compiled once. */
export function createTables(database: Database) {
  const insertEvent = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)");
  const bodies = database.prepare("SELECT body FROM events WHERE room = ? AND seq BETWEEN ? AND ? ORDER BY seq");
  const events = database.prepare(
    `SELECT seq, at, bytes, member, command, CASE WHEN command IS NULL THEN body END
     FROM events WHERE room = ? ORDER BY seq`,
  );
  const replies = database.prepare("SELECT seq, at, member, command FROM replies WHERE room = ? ORDER BY seq");
  const front = database.prepare("SELECT seq, at, bytes FROM events WHERE room = ? ORDER BY seq LIMIT ?");
  const cost = database.prepare(`SELECT ${COST_IN_FILE_SQL} FROM events WHERE room = ? AND seq <= ?`);
  const keepReplies = database.prepare(
    `INSERT INTO replies SELECT room, seq, at, member, command FROM events
     WHERE room = ? AND seq <= ? AND at > ? AND command IS NOT NULL`,
  );
  const dropEvents = database.prepare("DELETE FROM events WHERE room = ? AND seq <= ?");
  const oldReplies = database.prepare(
    "SELECT max(seq) FROM (SELECT seq, at FROM replies WHERE room = ? ORDER BY seq LIMIT ?) WHERE at <= ?",
  );
  const frontReply = database.prepare(
    "SELECT max(seq) FROM (SELECT seq FROM replies WHERE room = ? ORDER BY seq LIMIT ?)",
  );
  const dropReplies = database.prepare("DELETE FROM replies WHERE room = ? AND seq <= ?");
  const rooms = database.prepare("SELECT id, name, epoch, began, made_at, salt, hash FROM rooms ORDER BY id");
  const sums = database.prepare(`SELECT room, ${COST_IN_FILE_SQL}, max(at) FROM events GROUP BY room`);
  const countReplies = database.prepare("SELECT count(*) FROM replies");
  const locks = database.prepare("SELECT name, salt, hash, until FROM locks ORDER BY until");
  const insertLock = database.prepare("INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?)");
  const dropLock = database.prepare("DELETE FROM locks WHERE name = ?");
  const dropLocks = database.prepare("DELETE FROM locks WHERE until <= ?");
  const insertRoom = database.prepare(
    "INSERT INTO rooms (name, epoch, began, made_at, salt, hash) VALUES (?, ?, 0, ?, ?, ?) RETURNING id",
  );
  const head = database.prepare("SELECT max(seq) FROM events WHERE room = ?");
  const renewRoom = database.prepare("UPDATE rooms SET epoch = ?, began = ? WHERE id = ?");
  const giveUpRoom = database.prepare("UPDATE rooms SET name = NULL WHERE id = ?");
  const dropRoom = database.prepare("DELETE FROM rooms WHERE id = ?");
  const isEnded = database.prepare("SELECT 1 FROM ended WHERE member = ?");
  const insertEnded = database.prepare("INSERT OR REPLACE INTO ended VALUES (?, ?)");
  const dropEnded = database.prepare(
    "DELETE FROM ended WHERE member IN (SELECT member FROM ended WHERE until <= ? ORDER BY until LIMIT ?)",
  );
  const fact = database.prepare("SELECT value FROM facts WHERE name = ?");
  const setFact = database.prepare("INSERT OR REPLACE INTO facts VALUES (?, ?)");
  const dropFact = database.prepare("DELETE FROM facts WHERE name = ?");

  return {
    insertEvent(room: number, { seq, at, bytes, member, command }: EventRow, body: string): void {
      insertEvent.run(room, seq, at, bytes, member, command, body);
    },
    /** Bodies of the events from a seq to another, both included. */
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
    /** The oldest events of a room, at most `limit`, and what each takes. */
    front: (room: number, limit: number): { seq: number; at: number; cost: number }[] =>
      front.rows(room, limit).map(([seq, at, bytes]) => ({
        seq: integerOf(seq),
        at: integerOf(at),
        cost: costInFile(integerOf(bytes)),
      })),
    /** Deletes events up to a seq, but for the replies of those that came after `keepAfter`. */
    dropEvents(room: number, upTo: number, keepAfter: number): Dropped {
      const bytes = integerOf(cost.first(room, upTo)?.[0] ?? 0);
      const replies = keepReplies.run(room, upTo, keepAfter);
      dropEvents.run(room, upTo);
      return { bytes, replies };
    },
    /** Deletes replies that are as old as `before`, looking at no more than `limit`; returns how many. */
    dropReplies: (room: number, before: number, limit: number): number =>
      dropUpTo(oldReplies.first(room, limit, before)?.[0], room),
    /** Deletes the oldest replies of a room, at most `limit`; returns how many. */
    dropAnyReplies: (room: number, limit: number): number => dropUpTo(frontReply.first(room, limit)?.[0], room),
    countReplies: (): number => integerOf(countReplies.first()?.[0]),
    locks: (): LockRow[] =>
      locks.rows().map(([name, salt, hash, until]) => ({
        name: textOf(name),
        lock: { salt: textOf(salt), hash: textOf(hash) },
        until: integerOf(until),
      })),
    insertLock: (name: string, { salt, hash }: RoomLock, until: number): void =>
      void insertLock.run(name, salt, hash, until),
    dropLock: (name: string): void => void dropLock.run(name),
    dropLocks: (before: number): void => void dropLocks.run(before),
    rooms: (): RoomRow[] =>
      rooms.rows().map(([id, name, epoch, began, madeAt, salt, hash]) => ({
        id: integerOf(id),
        name: optionalText(name),
        epoch: textOf(epoch),
        began: integerOf(began),
        madeAt: integerOf(madeAt),
        lock: salt === null ? null : { salt: textOf(salt), hash: textOf(hash) },
      })),
    /** What the events take and the time of the newest, by room. Reads the whole table. */
    sums: (): Map<number, { cost: number; newestAt: number }> =>
      new Map(
        sums.rows().map(([room, cost, at]) => [integerOf(room), { cost: integerOf(cost), newestAt: integerOf(at) }]),
      ),
    insertRoom: (name: string, epoch: string, at: number, lock: RoomLock | null): number =>
      integerOf(insertRoom.first(name, epoch, at, lock?.salt ?? null, lock?.hash ?? null)?.[0]),
    /** Begins a new epoch behind the room's newest event. */
    renewRoom(room: number, epoch: string): void {
      const newest = head.first(room)?.[0];
      renewRoom.run(epoch, newest === null ? 0 : integerOf(newest), room);
    },
    giveUpRoom: (room: number): void => void giveUpRoom.run(room),
    dropRoom: (room: number): void => void dropRoom.run(room),
    isEnded: (member: string): boolean => isEnded.first(member) !== undefined,
    insertEnded: (member: string, until: number): void => void insertEnded.run(member, until),
    dropEnded: (before: number, limit: number): void => void dropEnded.run(before, limit),
    fact: (name: string): string | undefined => {
      const row = fact.first(name);
      return row === undefined ? undefined : textOf(row[0]);
    },
    setFact: (name: string, value: string): void => void setFact.run(name, value),
    dropFact: (name: string): void => void dropFact.run(name),
  };

  function dropUpTo(seq: unknown, room: number): number {
    return seq === null ? 0 : dropReplies.run(room, integerOf(seq));
  }
}

function optionalText(value: unknown): string | null {
  return value === null ? null : textOf(value);
}
