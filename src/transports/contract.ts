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
  /** Milliseconds until a request without a response fails; a poll's hold is added. Default: 10,000. */
  readonly requestMs?: number;
}

/** The parameters of one link. */
export interface Attach {
  /** The server's address; paths of PROTOCOL.md are resolved against it. */
  readonly base: URL;
  readonly session: SessionToken;
  /** The cursor to read from; undefined: from the head. */
  readonly after: Cursor | undefined;
  /** The number of the link, the same for all its polls. */
  readonly reader: number;
}

/**
 * One attempt to read a room. The iteration yields the server's events in order and ends when the server ends it. It throws
 * ProtocolError if the server refused, LinkError if the network failed. A link never retries.
 */
export interface Link extends AsyncIterable<DownEvent> {
  /**
   * Resolves when the link is proven: by `live`, or by the first poll's response. Rejects if that never happens.
   * `replayed`: how many durable events came before that.
   */
  readonly opened: Promise<{ readonly replayed: number }>;
  /** Sends one command and resolves to its reply. Rejects with LinkError if no reply came. */
  execute(command: RepliedCommand): Promise<Reply>;
}

/**
 * How a link or request failed without a response of the server: no connection, a timeout, a broken connection, or a
 * response that no Skyrocket server gives.
 */
export type LinkFault = "unreachable" | "timed_out" | "lost" | "bad_answer";

/** The network failed, or something other than the server answered. May be tried again. */
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
  /** The name to show to people. */
  readonly title: string;
  /** True if commands use the same connection as events. */
  readonly duplex: boolean;
  /** True if the connection stays open between events, so that heartbeats are expected on it. */
  readonly streaming: boolean;
  /** The transport to use while the page is hidden, if this one would keep waking it. */
  readonly whenHidden?: string;
  supported(platform: Platform): boolean;
  /** Opens one link. Aborting `signal` ends it and everything it started. */
  connect(attach: Attach, platform: Platform, signal: AbortSignal): Link;
}

/** Creates the error for a response that no Skyrocket server gives. `what` is a sentence without its full stop. */
export function badAnswer(what: string, cause?: unknown): LinkError {
  const message = `${what}. Check the server's address, and any proxy in front of it.`;
  return new LinkError(message, { kind: "bad_answer", cause });
}
