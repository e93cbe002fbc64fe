import type { RoomLog } from "../log/contract.ts";
import type { Command, Reply } from "../protocol/commands.ts";
import type { ByeReason } from "../protocol/errors.ts";
import type { Bye, DownEvent } from "../protocol/events.ts";
import type { Cursor, Epoch, MemberId, RoomName, SessionToken } from "../protocol/ids.ts";
import type { RoomLock } from "./lock.ts";
import type { StoreClock } from "./store-clock.ts";

/** How one transport spells events. The room makes each frame once and hands the same one to all its readers. */
export interface Wire<Frame> {
  /** The transport's name on the wire: `via` of events, last part of its path. */
  readonly name: string;
  /** Commands come up the same connection. */
  readonly duplex: boolean;
  /** The response outlives its first write; such a reader is told `live` when it has reached the head. */
  readonly streaming: boolean;
  /** Grace before a silent member who read by this transport last has left, in ms; the room's default when absent. */
  readonly lingerMs?: number;
  /** Pure: same events, same frame. Never called with an empty list. A frame's `length`, if it has one, is its bytes. */
  frame(events: readonly DownEvent[], epoch: Epoch): Frame;
}

/**
 * One peer's way down.
 *
 * `write` makes at most one socket write and answers what became of the way: `more` (write again at will), `full`
 * (taken, but nothing further until the transport calls `reader.resume()`), `done` (taken, and the response has ended).
 */
export interface Outlet<Frame> {
  write(frame: Frame): "more" | "full" | "done";
  /** Writes the last frame and ends the response, or closes with the code of the reason. Never waits. */
  end(bye: Bye, frame: Frame): void;
  /** Drops the connection, whatever is still unsent. Called when `end` did not get through in time. */
  destroy(): void;
  /** Asks the peer for a sign of life, for transports that can; the answer is told by `reader.seen()`. */
  probe?(): void;
}

/** What a transport holds of an attached reader. Both calls are harmless after the reader's end. */
export interface ReaderHandle {
  /** The outlet that was full takes writes again. */
  resume(): void;
  /** The peer has given a sign of life. */
  seen(): void;
  /** The peer has gone, or its response has ended. */
  detach(): void;
}

/** What a peer asks for before it is attached, unchecked. */
export interface Ask {
  readonly session: SessionToken | undefined;
  /** A cursor as the peer wrote it; left out: from the head on. */
  readonly after: string | undefined;
  /** The link's number; left out: one above the highest seen. */
  readonly reader: number | undefined;
  readonly transport: string;
}

/** Leave to attach one reader and to send commands: what `admit` gives and nothing else can make. */
export interface Seat {
  readonly transport: string;
  /** Where its reader will start: the cursor asked for, or the head. */
  readonly cursor: Cursor;
}

/** All that a transport sees of the core. */
export interface Hub {
  /**
   * Checks who asks and for what, before any byte is answered. A member that is present is admitted at once, without a
   * promise: polls ask this before every answer (docs/performance.md).
   * Throws or rejects with a ProtocolError: session_missing, session_unknown, malformed, superseded, draining, overloaded.
   */
  admit(ask: Ask): Seat | Promise<Seat>;
  /**
   * Joins the outlet to the room at the seat's cursor; what it missed and what is new reach it in one unbroken row.
   * Synchronous: call it in the turn in which `admit` resolved or the upgrade completed.
   * `quietMs`: after so long without a write it is written `idle`; 0: it is answered at once, with `idle` if with nothing else.
   */
  attach<Frame>(seat: Seat, wire: Wire<Frame>, outlet: Outlet<Frame>, quietMs: number): ReaderHandle;
  /** Carries out a command; a refusal is an answer, not a rejection. `alive` has no reply: null. */
  execute(seat: Seat, command: Command): Promise<Reply | null>;
  /**
   * Counts what arrived on a duplex connection of this member, whatever is in it. False beyond the rate: close the
   * connection with `too_many`, and process nothing further that arrives on it.
   */
  countInbound(seat: Seat): boolean;
  /** Milliseconds without a write after which a stream is written `idle`. */
  readonly heartbeatMs: number;
}

/** Sessions that were ended before their token would have expired: the token alone would still be good. */
export interface EndedSessions {
  /** `until` as at `add`. Where there were too many to be kept, older sessions count as ended too. Throws ProtocolError. */
  has(member: MemberId, until: number): boolean;
  /** Resolves when it is stored. `until`: when the token expires, in ms since 1970. Rejects with ProtocolError. */
  add(member: MemberId, until: number): Promise<void>;
}

/** Where rooms and ended sessions are kept: all of the core that can outlive the process. */
export interface Store {
  /** What all that is stored takes: rooms, events, replies, locks, and what is given up and not deleted yet. */
  readonly bytes: number;
  /** There is no space, and nothing could make way. Asking changes nothing. */
  readonly full: boolean;
  /** By which everything stored ages. */
  readonly clock: StoreClock;
  readonly ended: EndedSessions;
  /**
   * Opens the log of a room, a new one with this lock and owner if there is none; before it is opened again it must be
   * closed. Throws ProtocolError.
   */
  openLog(room: RoomName, lock?: RoomLock | null, owner?: string | null): RoomLog;
  /**
   * The lock of a room that is kept, or is gone and its name not to be taken yet; null for a room that is open to all;
   * undefined where there is neither.
   */
  lockOf(room: RoomName): RoomLock | null | undefined;
  /** Whether a room is kept, open or not. */
  has(room: RoomName): boolean;
  /** How many rooms, and locks of rooms that are gone, are kept for one owner. */
  share(owner: string): number;
  /**
   * Makes space for more events, at the cost of whoever uses most of it. False while nothing can make way, which may be
   * because rooms are open that nobody is in. Throws `overloaded` while what was given up is still being deleted.
   */
  makeWay(): boolean;
  /** Tries whether anything can be stored at the moment. Rejects with ProtocolError where it can't. */
  check(): Promise<void>;
  /** Stores what is waiting; nothing is taken any more. */
  close(): Promise<void>;
}

/** What went down one transport since the start. The core adds to it once per write it makes, or per broadcast. */
export interface Tally {
  /** Readers attached; each poll is one. */
  attached: number;
  /** Frames handed to a reader. */
  writes: number;
  /** Numbered events handed to a reader. */
  deliveries: number;
  /** Of frames, without what HTTP, WebSocket's handshake or TLS put around them. */
  bytes: number;
}

/** Whom the core tells what can be measured. Nothing is told per delivery of a broadcast. */
export interface Meter {
  /** The one tally of a transport. */
  tally(transport: string): Tally;
  /** Records how many ms a message took from append until it was stored. */
  appended(ms: number): void;
  /** Records the duration of one store commit in ms. It blocks the event loop. */
  committed(ms: number): void;
  commitFailed(): void;
  /** Records how many ms it took to frame one turn's events and write them to all readers of a room at the head. */
  broadcast(ms: number): void;
  /** A reader was told a `gap`. */
  gap(): void;
  bye(reason: ByeReason): void;
}

/** Measures nothing. */
export const NO_METER: Meter = {
  tally: () => ({ attached: 0, writes: 0, deliveries: 0, bytes: 0 }),
  appended: () => {},
  committed: () => {},
  commitFailed: () => {},
  broadcast: () => {},
  gap: () => {},
  bye: () => {},
};
