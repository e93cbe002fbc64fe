import type { Command, Reply } from "../protocol/commands.ts";
import type { ByeReason } from "../protocol/errors.ts";
import type { Bye, DownEvent } from "../protocol/events.ts";
import type { Cursor, Epoch, SessionToken } from "../protocol/ids.ts";

/** How one transport encodes events. A room makes each frame once and hands the same one to all readers of the transport. */
export interface Wire<Frame> {
  /** The transport's name on the wire: `via` of events, last part of its path. */
  readonly name: string;
  /** True if commands arrive on the same connection. */
  readonly duplex: boolean;
  /** True if the response outlives its first write. Such a reader gets `live` when it reaches the head. */
  readonly streaming: boolean;
  /** Ms until a silent member who last read by this transport leaves. Default: the room's `lingerMs`. */
  readonly lingerMs?: number;
  /** Pure: same events, same frame. Never called with an empty list. A frame's `length`, if it has one, is its bytes. */
  frame(events: readonly DownEvent[], epoch: Epoch): Frame;
}

/**
 * The down-leg of one peer.
 *
 * `write` makes at most one socket write and returns what the connection can do next: `more` (write again any time),
 * `full` (accepted, but write nothing until the transport calls `reader.resume()`), `done` (accepted, and the response
 * has ended).
 */
export interface Outlet<Frame> {
  write(frame: Frame): "more" | "full" | "done";
  /** Writes the last frame and ends the response, or closes with the code of the reason. Never waits. */
  end(bye: Bye, frame: Frame): void;
  /** Drops the connection and whatever is unsent. Called if `end` did not get through in time. */
  destroy(): void;
  /** Sends a ping, if the transport can. Call `reader.seen()` when the pong arrives. */
  ping?(): void;
}

/** What a transport can call on an attached reader. After the reader's end the calls do nothing. */
export interface ReaderHandle {
  /** Call it when an outlet that was full accepts writes again. */
  resume(): void;
  /** Call it when something arrived from the peer. */
  seen(): void;
  /** Call it when the peer has gone or its response has ended. */
  detach(): void;
}

/** What a peer asks for before it is attached, unchecked. */
export interface AttachRequest {
  readonly session: SessionToken | undefined;
  /** A cursor as the peer sent it; undefined: start at the head. */
  readonly after: string | undefined;
  /** The link's number; undefined: one above the highest seen. */
  readonly reader: number | undefined;
  readonly transport: string;
}

/** Permission to attach one reader and to send commands. Only `Hub.admit` makes one. */
export interface Admission {
  readonly transport: string;
  /** Where the reader will start: the cursor asked for, or the head. */
  readonly cursor: Cursor;
}

/** Everything a transport sees of the core. */
export interface Hub {
  /**
   * Checks a request before any byte is answered. A member that is present is admitted synchronously, since each poll
   * calls this.
   * Throws or rejects with ProtocolError: session_missing, session_unknown, malformed, superseded, draining, overloaded.
   */
  admit(request: AttachRequest): Admission | Promise<Admission>;
  /**
   * Attaches an outlet to the room at the admission's cursor. What the peer missed and what is new reach it in order,
   * without a gap. Synchronous: call it in the turn in which `admit` resolved or the upgrade completed.
   * `idleMs`: after this long without a write the reader is written `idle`, which ends a poll; 0: it is written at once.
   */
  attach<Frame>(admission: Admission, wire: Wire<Frame>, outlet: Outlet<Frame>, idleMs: number): ReaderHandle;
  /** Executes a command. A refusal is a reply, not a rejection. `alive` has no reply: null. */
  execute(admission: Admission, command: Command): Promise<Reply | null>;
  /**
   * Counts one inbound message on a duplex connection. Returns false beyond the rate: close the connection with
   * `too_many`, and process nothing more that arrives on it.
   */
  countInbound(admission: Admission): boolean;
  /** Ms without a write after which a stream is written `idle`. */
  readonly heartbeatMs: number;
}

/** Traffic of one transport since the start. The core adds to it once per write, or once per broadcast. */
export interface Tally {
  /** Readers attached; each poll is one. */
  attached: number;
  /** Frames written to readers. */
  writes: number;
  /** Events of the log written to readers. */
  deliveries: number;
  /** Bytes of frames, without the headers of HTTP, WebSocket's handshake or TLS. */
  bytes: number;
}

/**
 * What a server counts when it shares its store with others: it connected again; events did not arrive and were fetched; a
 * room began a new epoch; the outcome of an operation stayed unknown.
 */
export const SHARED_STORE_EVENTS = ["reconnect", "hole", "epoch", "outcome_unknown"] as const;

/** Records measurements of the core. Nothing is called per delivery of a broadcast. */
export interface Meter {
  /** Returns the one tally of a transport. */
  tally(transport: string): Tally;
  /** Records the ms from append to stored of one message. */
  appended(ms: number): void;
  /** Records the ms of one store commit. It blocks the event loop. */
  committed(ms: number): void;
  commitFailed(): void;
  /** Records the ms of one script call to a shared store, from request to reply. */
  scripted(ms: number): void;
  sharedStoreEvent(event: (typeof SHARED_STORE_EVENTS)[number]): void;
  /** Records the ms of one broadcast in a room: to frame a turn's events and write them to the readers at its head. */
  broadcast(ms: number): void;
  /** Counts a reader that got a `gap`. */
  gap(): void;
  bye(reason: ByeReason): void;
}

/** Discards all measurements. */
export const NO_METER: Meter = {
  tally: () => ({ attached: 0, writes: 0, deliveries: 0, bytes: 0 }),
  appended: () => {},
  committed: () => {},
  commitFailed: () => {},
  scripted: () => {},
  sharedStoreEvent: () => {},
  broadcast: () => {},
  gap: () => {},
  bye: () => {},
};
