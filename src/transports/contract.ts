import type { Clock } from "../clock.ts";
import type { RepliedCommand, Reply } from "../protocol/commands.ts";
import type { DownEvent } from "../protocol/events.ts";
import type { Cursor, SessionToken } from "../protocol/ids.ts";

/** The environment of a client. Injected, so that tests control the network, the clock and randomness. */
export interface Platform {
  readonly fetch: typeof globalThis.fetch;
  /** Undefined if there is none. Then transports that need it are not supported. */
  readonly WebSocket: typeof globalThis.WebSocket | undefined;
  /** The page's origin, if there is a page. Requests to another origin carry the session in the URL to avoid a preflight. */
  readonly origin: string | undefined;
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  random(): number;
  /** Milliseconds until a request without a response fails, beyond the hold of a poll. Default: 10,000. */
  readonly requestMs?: number;
}

/** What one link is opened with. */
export interface Attach {
  /** The server's address; paths of PROTOCOL.md are resolved against it. */
  readonly base: URL;
  readonly session: SessionToken;
  /** Read on from here; left out: from the head on. */
  readonly after: Cursor | undefined;
  /** The link's number, the same for every poll of one link. */
  readonly reader: number;
}

/**
 * One attempt at reading a room. Iterating it yields what the server sends, in order, and ends when the server ends it;
 * it throws ProtocolError when the server refused, and LinkError when the network did. It never retries.
 */
export interface Link extends AsyncIterable<DownEvent> {
  /**
   * Resolves when the link is proven: `live` has come, or the first poll's answer. Rejects if that never happens.
   * `replayed`: how many numbered events came before that.
   */
  readonly opened: Promise<{ readonly replayed: number }>;
  /** Sends one command and resolves to its reply. Rejects with LinkError when no reply came. */
  execute(command: RepliedCommand): Promise<Reply>;
}

/**
 * How a link or request failed without an answer of the server's: no connection, no answer in time, a connection that
 * broke, or an answer that no Skyrocket server gives.
 */
export type LinkFault = "unreachable" | "timed_out" | "lost" | "bad_answer";

/** The network's fault, not the server's answer: may be tried again. */
export class LinkError extends Error {
  override readonly name = "LinkError";
  readonly kind: LinkFault;

  constructor(message: string, { kind = "lost", cause }: { readonly kind?: LinkFault; readonly cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** A transport's client half. */
export interface ClientTransport {
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly duplex: boolean;
  /** The link stays open between events, so a heartbeat is due on it. */
  readonly streaming: boolean;
  /** The transport to move to while the page is hidden, where this one would keep waking it. */
  readonly whenHidden?: string;
  supported(platform: Platform): boolean;
  /** Opens one link. Aborting `signal` ends it and everything it started. */
  connect(attach: Attach, platform: Platform, signal: AbortSignal): Link;
}

/** Something has answered as no Skyrocket server does. `what` is a sentence without its full stop. */
export function badAnswer(what: string, cause?: unknown): LinkError {
  const message = `${what}. Check the server's address, and any proxy before it.`;
  return new LinkError(message, { kind: "bad_answer", cause });
}
