import type { Position } from "../protocol/cursor.ts";
import type { Author, DurableEvent, Joined, Left, Message } from "../protocol/events.ts";
import type { CommandId, Epoch, MemberId, RoomName } from "../protocol/ids.ts";
import type { RoomKeyHash } from "./room-key.ts";
import type { StoreClock } from "./store-clock.ts";

/** An event before the log has assigned its seq and time. */
export type Draft = Omit<Message, "seq" | "at"> | Omit<Joined, "seq" | "at"> | Omit<Left, "seq" | "at">;

/** Returns the event that a draft becomes at its position. */
export function numbered(draft: Draft, seq: number, at: number): DurableEvent {
  const { type, ...rest } = draft;
  return { type, seq, at, ...rest } as DurableEvent; // a spread loses the union's link between `type` and the rest
}

/** Bounds one read. At least one event is returned even if it alone is larger than `bytes`. */
export interface ReadLimit {
  /** No event beyond this seq. */
  readonly upTo: number;
  readonly events: number;
  readonly bytes: number;
}

export type Read =
  | { readonly kind: "events"; readonly events: readonly DurableEvent[]; readonly bytes: number }
  /** The log no longer holds the position: continue from `position`, the oldest it holds. */
  | { readonly kind: "gap"; readonly position: Position; readonly missed: number | null };

/** An `ok` that was sent, or was owed, before the log was opened. */
export interface StoredReply {
  readonly member: MemberId;
  readonly id: CommandId;
  readonly seq: number;
  /** Ms since it was stored. */
  readonly ageMs: number;
}

/** What a log knows about its room from before it was opened. */
export interface RestoredState {
  /** Oldest first. */
  readonly replies: readonly StoredReply[];
  /** Members whose `joined` has no `left` after it. */
  readonly members: readonly Author[];
}

export const NOTHING_RESTORED: RestoredState = { replies: [], members: [] };

/** A room's events in their one order. Asynchronous, so that a file or another machine can implement it. */
export interface RoomLog {
  readonly epoch: Epoch;
  /** Seq of the newest event; 0 if there never was one. */
  readonly head: number;
  /** Seq of the oldest event still held; `head + 1` if none is. */
  readonly oldest: number;
  /** Bytes of the JSON of its events. */
  readonly bytes: number;
  /** Returns the state from before the log was opened. The room calls it once. */
  restore(): RestoredState;
  /** Resolves to the event once it is stored. Rejects with ProtocolError if it is not stored. */
  append(draft: Draft): Promise<DurableEvent>;
  /** Resolves to the events after a position, oldest first. */
  read(after: Position, limit: ReadLimit): Promise<Read>;
  /** Resolves to the last `limit` events up to and including `seq`, oldest first; fewer, but at least one, to stay within `bytes`. */
  before(seq: number, limit: number, bytes?: number): Promise<readonly DurableEvent[]>;
  /** Calls `listener` with every event in order, of this process and others, once it is stored. One listener. */
  listen(listener: (event: DurableEvent, bytes: number) => void): void;
  /** `replies`: what the room remembers; a log that stores them nowhere else keeps them until it is opened again. */
  close(replies?: () => readonly StoredReply[]): Promise<void>;
}

/** Sessions that ended before their token expired: the signature of such a token is still valid. */
export interface RevokedSessions {
  /** `until` as in `add`. When there are too many to remember, older sessions count as revoked too. Throws ProtocolError. */
  has(member: MemberId, until: number): boolean;
  /** Resolves once it is stored. `until`: when the token expires, in ms since 1970. Rejects with ProtocolError. */
  add(member: MemberId, until: number): Promise<void>;
}

/** Stores rooms and revoked sessions: everything of the core that can outlive the process. */
export interface Store {
  /** Bytes of everything stored: rooms, events, replies, key hashes, and what waits for its deletion. */
  readonly bytes: number;
  /** True if there is no space and nothing could be deleted to make some. Reading it changes nothing. */
  readonly full: boolean;
  /** The time by which everything stored ages. */
  readonly clock: StoreClock;
  readonly revoked: RevokedSessions;
  /**
   * Opens a room's log. Creates the room with this key hash and owner if it does not exist. Close the log before opening
   * it again. Throws ProtocolError.
   */
  openLog(room: RoomName, keyHash?: RoomKeyHash | null, owner?: string | null): RoomLog;
  /**
   * Returns the key hash of a stored room, or of a deleted one whose name is still reserved; null for a public room;
   * undefined if there is neither.
   */
  keyHashOf(room: RoomName): RoomKeyHash | null | undefined;
  /** Returns whether a room is stored, open or not. */
  has(room: RoomName): boolean;
  /** Returns how many rooms, and reserved names of deleted rooms, one owner has. */
  ownedBy(owner: string): number;
  /**
   * Deletes old events and unused rooms of the owner that uses most space until there is space for more. Returns false
   * while nothing can be deleted, for example because all rooms are open. Throws `overloaded` while deletion lags behind.
   */
  makeSpace(): boolean;
  /** Tests whether anything can be stored now. Rejects with ProtocolError if not. */
  check(): Promise<void>;
  /** Stores what is pending and refuses everything after. */
  close(): Promise<void>;
}

/**
 * Bytes of memory an event takes beside its JSON: its objects, its entry in the window, and its reply in the dedupe.
 * Measured by the heap after a full collection, with 200,000 messages in one room: 226 bytes with the shortest text and
 * id, 282 with an id of 64 characters, 303 with a text of two-byte characters. A file takes less.
 */
export const EVENT_BYTES = 320;

/** Returns an event's size by its JSON: bytes in UTF-8 or in memory, where one wide character makes all take two bytes. */
export function sizeOf(json: string): number {
  const bytes = Buffer.byteLength(json);
  return bytes === json.length ? bytes : Math.max(bytes, 2 * json.length);
}

/** Returns the bytes of memory that an event of this size takes. */
export function costInMemory(size: number): number {
  return EVENT_BYTES + size;
}
