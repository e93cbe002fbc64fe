import type { ErrorCode } from "../protocol/errors.ts";
import type { Census, DurableEvent, Gap, Member, Typing } from "../protocol/events.ts";
import type { HistoryPage, Members, SessionInfo, TransportInfo } from "../protocol/http.ts";
import type { Cursor, SessionToken } from "../protocol/ids.ts";
import type { ClientTransport, Platform } from "../transports/contract.ts";

/** What a client needs to continue where another one stopped, for example before a reload. Contains the secret: keep it per tab. */
export interface Resumption {
  readonly session: SessionToken;
  readonly cursor: Cursor;
  /** The highest link number used so far. */
  readonly reader: number;
}

/** Stores which transport worked, for the next visit. */
export interface ChoiceStore {
  load(): string | null;
  save(name: string): void;
}

export interface ConnectOptions {
  /**
   * The server's address. A path is kept, with or without a slash at its end. A query and a fragment are dropped.
   * `ws:` and `wss:` mean `http:` and `https:`. In a page it may be relative to the page's base. An address that can't
   * be a server's rejects `opened` with RangeError and closes the client as `bad_address`.
   */
  readonly url: string | URL;
  readonly room: string;
  readonly name: string;
  /** The key of a private room. */
  readonly key?: string;
  /** `auto` (the default) tries the registry's order and remembers what worked. A name allows only that transport. */
  readonly transport?: string;
  readonly resume?: Resumption;
  /** Default: the choice is remembered while this client lives. */
  readonly choice?: ChoiceStore;
  /** The transports this client knows, best first. Default: the registry. */
  readonly transports?: readonly ClientTransport[];
  readonly platform?: Partial<Platform>;
  /** Ends the client as `close()` does. */
  readonly signal?: AbortSignal;
}

/** An event of the room, and how it arrived. */
export interface Delivery {
  readonly event: DurableEvent | Typing | Census | Gap;
  /** The transport that delivered it. */
  readonly by: string;
  /** Milliseconds since 1970 on this client's clock. */
  readonly receivedAt: number;
  /**
   * Milliseconds from the server's `at` to the arrival, corrected by the offset of the two clocks; for an own message, from
   * `send()` to the arrival. Null for replayed events: their age does not measure the transport.
   */
  readonly latencyMs: number | null;
}

/** How the present link started, not when. */
export type LiveSince =
  | { readonly kind: "fresh" }
  | { readonly kind: "resumed"; readonly replayed: number }
  | { readonly kind: "switched"; readonly from: string; readonly replayed: number }
  | { readonly kind: "gap"; readonly missed: number | null };

/** A better transport that did not get through when it was last tried. */
export interface PassedOver {
  readonly transport: string;
  /** What happened, as a sentence. */
  readonly why: string;
}

/**
 * What keeps the client from being live.
 *
 * | kind | what happened |
 * |---|---|
 * | `unreachable` | no connection to the server: it is down, the address is wrong, TLS or a firewall refuses |
 * | `offline` | the same, while the browser reports that this device has no network |
 * | `origin_refused` | the server answers, but does not allow calls from this page's origin |
 * | `refused` | the server refused the request; `code` is the reason |
 * | `timed_out` | connected, but no answer in time |
 * | `lost` | a live connection broke or fell silent |
 * | `draining` | the server is shutting down or restarting, or can't reach its store |
 * | `busy` | the server is at one of its limits, or limits this client's rate |
 * | `bad_answer` | something answered that is not a Skyrocket server: a proxy's error page, another site, a broken server |
 */
export interface ConnectionTrouble {
  readonly kind:
    | "unreachable"
    | "offline"
    | "origin_refused"
    | "refused"
    | "timed_out"
    | "lost"
    | "draining"
    | "busy"
    | "bad_answer";
  /** One or two English sentences: what happened, and what the user or the operator can do. */
  readonly message: string;
  /** The entry of the error table, if the server named one. */
  readonly code?: ErrorCode;
}

/**
 * Why the client has ended. `refused` has the entry of the error table; `bad_address` means that `url` can't be a
 * server's address.
 */
export type ClosedBecause =
  | { readonly kind: "closed" }
  | { readonly kind: "left" }
  | { readonly kind: "expired" }
  | { readonly kind: "superseded" }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: "bad_address"; readonly message: string };

/** The state of the connection. Each change creates a new object. */
export type ConnectionState =
  | {
      readonly kind: "connecting";
      readonly transport: string | null;
      /** Absent while nothing has gone wrong. */
      readonly because?: ConnectionTrouble;
    }
  | {
      readonly kind: "live";
      readonly transport: string;
      /** How this link started, not when. */
      readonly since: LiveSince;
      /** The transport being tried beside this one, during a switch. */
      readonly switchingTo: string | null;
      /** Median of the recent round trips of commands, in ms; null before the first. */
      readonly roundTripMs: number | null;
      /** With `auto`: the transports that would be better than this one and did not get through. Absent if there are none. */
      readonly passedOver?: readonly PassedOver[];
    }
  | {
      readonly kind: "reconnecting";
      readonly transport: string;
      /** Milliseconds from the change to this state until the next attempt; 0 while an attempt is in progress. */
      readonly inMs: number;
      /** Failed attempts since a link last lasted; 1 even if none has failed yet. */
      readonly attempt: number;
      /** The newest trouble; it stays until a link is live. Absent while nothing has gone wrong. */
      readonly because?: ConnectionTrouble;
    }
  | { readonly kind: "closed"; readonly because: ClosedBecause };

/**
 * One member in one room, on whatever transport. Iterate it once; the iteration ends when the client is closed. Its
 * methods are bound, so each can be passed on by itself.
 */
export interface ChatClient extends AsyncIterable<Delivery> {
  /**
   * The session as first opened or resumed. Rejects with ProtocolError if the server refuses for good, RangeError if
   * `url` can't be a server's address, LinkError if the client is closed first.
   */
  readonly opened: Promise<SessionInfo & { readonly resumed: boolean }>;
  /** The member this client speaks as; null until `opened`. */
  readonly member: Member | null;
  readonly state: ConnectionState;
  /** Calls the listener at once with the present state, then at every change. Returns a function that removes it. */
  watch(listener: (state: ConnectionState) => void): () => void;
  /** Transports known to both ends, best first; before `opened`, all that this client knows. */
  readonly transports: readonly TransportInfo[];
  /**
   * Sends a message; resolves to its seq once the server has stored it. Retried under one id until then.
   * Rejects with ProtocolError when refused or over 4,000 code points long, SendError when 4 minutes have passed without
   * an answer or the client closed.
   */
  send(text: string, options?: { readonly id?: string }): Promise<number>;
  /** Tells the room that this member is typing. At most one is sent in 3 s, and a lost one is not repeated. */
  typing(): void;
  /**
   * Moves to another transport, make-before-break. Resolves when live there; rejects, still on the old one, if that fails,
   * the client is closed, or another switch is asked for first. While nothing is live it decides what is tried next and
   * resolves once that is live. `auto` frees the choice again. RangeError: not a transport of both ends.
   */
  switchTo(name: string): Promise<void>;
  /** Resolves to the page of the history that ends at this cursor: the cursor's own event is its last. */
  history(before: Cursor, limit?: number): Promise<HistoryPage>;
  members(): Promise<Members>;
  /** What `connect` needs as `resume` to continue this session, for example after a reload; null until `opened`. */
  readonly resumption: Resumption | null;
  /**
   * Reports whether the page is visible. A hidden short poller moves to long polling. Becoming visible checks the live
   * link at once and ends a wait between attempts.
   */
  setVisible(visible: boolean): void;
  /**
   * Reports what the browser believes about the network. It is a hint: `false` keeps a live link and spaces attempts
   * out; `true` checks the live link at once and ends a wait between attempts.
   */
  setOnline(online: boolean): void;
  /** Leaves the room and ends the session, then closes. */
  leave(): Promise<void>;
  /** Ends the client; the session lingers and can be resumed. */
  close(): void;
}

/** A message that was not acknowledged in time, or whose client closed first. It may have been delivered. */
export class SendError extends Error {
  override readonly name = "SendError";
}
