import type { Position } from "../protocol/cursor.ts";
import type { Author, DurableEvent, EphemeralEvent, Joined, Left, Member, Message } from "../protocol/events.ts";
import type { CommandId, Epoch, MemberId, RoomName } from "../protocol/ids.ts";
import type { ReaderNumbersState } from "./reader-numbers.ts";
import type { RoomKeyHash } from "./room-key.ts";
import type { StoreClock } from "./store-clock.ts";

/** A message before the log has assigned its seq and time. */
export type MessageDraft = Omit<Message, "seq" | "at">;

/** An event before the log has assigned its seq and time. */
export type Draft = MessageDraft | Omit<Joined, "seq" | "at"> | Omit<Left, "seq" | "at">;

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

/** What a log reports to its room. */
export interface LogListener {
  /** An event was stored, by this process or another. Called in order, without holes. */
  stored(event: DurableEvent, bytes: number): void;
  /** An event that is not stored must be broadcast. */
  ephemeral(event: EphemeralEvent): void;
  /** The log has a new epoch, and its head is where that epoch begins. Readers of the old one must read again. */
  jumped(): void;
}

/**
 * An open room as it is stored: its events in their one order, and who is present. Asynchronous, so that a file or another
 * machine can implement it.
 */
export interface RoomLog {
  /** null: the room is public. */
  readonly keyHash: RoomKeyHash | null;
  readonly epoch: Epoch;
  /** Seq of the newest event; 0 if there never was one. */
  readonly head: number;
  /** Seq of the oldest event still held; `head + 1` if none is. */
  readonly oldest: number;
  readonly presence: Presence;
  /**
   * Resolves to the seq of the message once it is stored. A message with the member and command id of an earlier one is
   * not stored again: this resolves to the seq of the first. Rejects with ProtocolError if it is not stored.
   * `byPost`: `via` is what the sender reads by, as far as this process knows; another may know better.
   */
  append(draft: MessageDraft, byPost?: boolean): Promise<number>;
  /** Returns the seq of the message that was stored for this command, if this process knows it. */
  replyTo(member: MemberId, id: CommandId): number | undefined;
  /** Resolves to what `replyTo` returns, but asks the store. */
  findReply(member: MemberId, id: CommandId): Promise<number | undefined>;
  /** Passes an event that is not stored to the readers of all processes. */
  broadcast(event: EphemeralEvent): void;
  /**
   * Resolves to the events after a position, oldest first; to none if `limit.upTo` is not past it. If other processes share
   * the log, a position that is unknown here is looked up before it counts as a gap.
   */
  read(after: Position, limit: ReadLimit): Promise<Read>;
  /**
   * Resolves to the last `limit` events up to and including a position, oldest first; fewer, but at least one, to stay
   * within `bytes`. Resolves to none if the log does not know the position.
   */
  before(position: Position, limit: number, bytes?: number): Promise<readonly DurableEvent[]>;
  /** Sets the one listener. */
  listen(listener: LogListener): void;
  close(): Promise<void>;
}

/** A session as presence sees it. */
export interface Attendee {
  readonly author: Author;
  /** The transport it reads by, if known. */
  readonly via: string | undefined;
  /** Ms that it stays present without another request; its whole linger while it has a reader. */
  readonly presentForMs: number;
  /** Handles what another process has learned of the session. */
  onNews(news: SessionNews): void;
}

/** What one process reports about a session to the others that share the store. */
export type SessionNews =
  /** The session was ended. */
  | { readonly type: "ended" }
  /** The client sent `alive`. */
  | { readonly type: "alive" }
  /** A reader with a higher number was attached, or the newest was lost. */
  | { readonly type: "readers"; readonly numbers: ReaderNumbersState; readonly via: string | undefined };

/** The members of an open room. */
export interface Presence {
  readonly count: number;
  /** True while a session of this process is present. */
  readonly inUse: boolean;
  has(id: MemberId): boolean;
  /** Returns the longest-present members, at most 100. */
  list(): Member[];
  /**
   * Makes a session's member present. Stores `joined` unless it is present already or the room is crowded. Rejects with
   * ProtocolError: session_unknown if the session was ended by another process.
   */
  join(session: Attendee): Promise<void>;
  /**
   * Makes a session's member absent. `idle`: it was silent here; it stays present if another process knows it as active.
   * Resolves to the seq of `left`, or undefined if none was stored.
   */
  leave(session: Attendee, how: "left" | "idle"): Promise<number | undefined>;
  /**
   * Reports news of a session to the other processes. Resolves, if there can be any, when the store has passed it on, or is
   * out of reach.
   */
  tell(session: Attendee, news: SessionNews): Promise<void> | undefined;
  /**
   * Resolves when this process knows what others have reported or stored before this call, or if the store is out of
   * reach. undefined: there are no others.
   */
  catchUp(): Promise<void> | undefined;
}

/** Sessions that ended before their token expired: the signature of such a token is still valid. */
export interface RevokedSessions {
  /**
   * Returns whether a session is known to be revoked. `until` as in `add`. When there are too many to remember, older
   * sessions count as revoked too. Throws ProtocolError.
   */
  has(member: MemberId, until: number): boolean;
  /** Resolves once it is stored. `until`: when the token expires, in ms since 1970. Rejects with ProtocolError. */
  add(member: MemberId, until: number, room: RoomName): Promise<void>;
}

/** What a store knows of a room's name. */
export interface StoredName {
  /** null: the room is public. */
  readonly keyHash: RoomKeyHash | null;
  /** The room was deleted. Its name stays reserved for its key. */
  readonly reserved: boolean;
}

/** Stores rooms and revoked sessions: everything of the core that can outlive the process. */
export interface Store {
  /** Bytes of everything stored: rooms, events, replies, key hashes, and what waits for its deletion. */
  readonly bytes: number;
  /** True if there is no space and nothing could be deleted to make some. Reading it changes nothing. */
  readonly full: boolean;
  /** Age in ms of the newest probe that came back from the shared store; undefined if no others share the store. */
  readonly echoAgeMs?: number;
  /** The time by which everything stored ages. */
  readonly clock: StoreClock;
  readonly revoked: RevokedSessions;
  /** Returns what is known of a room's name; undefined: nothing. */
  find(room: RoomName): StoredName | undefined | Promise<StoredName | undefined>;
  /**
   * Opens a room's log. Creates the room with this key hash and owner if it does not exist; the log's own `keyHash` is the
   * one that counts. Close the log before opening it again. Throws or rejects with ProtocolError.
   */
  openLog(room: RoomName, keyHash?: RoomKeyHash | null, owner?: string | null): RoomLog | Promise<RoomLog>;
  /** Returns how many rooms, and reserved names of deleted rooms, one owner has. */
  ownedBy(owner: string): number;
  /**
   * Deletes old events and unused rooms of the owner that uses most space until there is space for more. Returns false
   * while nothing can be deleted, for example because all rooms are open. Throws `overloaded` while deletion lags behind.
   */
  makeSpace(): boolean;
  /** Throws `overloaded` if too many replies outlive their events. */
  admitMessage(): void;
  /** Sets what to do when the store has been out of reach for `outageHoldMs`. The signal aborts when it is back. */
  onOutage(task: (back: AbortSignal) => void): void;
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

/** Returns the larger of a text's bytes in UTF-8 and in memory, where one wide character makes all take two bytes. */
export function sizeOf(json: string): number {
  const bytes = Buffer.byteLength(json);
  return bytes === json.length ? bytes : Math.max(bytes, 2 * json.length);
}

/** Returns the bytes of memory that an event of this size takes. */
export function costInMemory(size: number): number {
  return EVENT_BYTES + size;
}
