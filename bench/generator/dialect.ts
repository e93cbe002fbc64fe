/** How the load generator talks to one server: over raw sockets, so that it stays cheaper than what it measures. */

/** A member's session and the position its reader resumes from. Each dialect decides what the two strings mean. */
export interface Credentials {
  readonly session: string;
  readonly cursor: string;
}

/** A connection whose bytes are counted. */
export interface Connection {
  /** Bytes of all its sockets so far, in each direction, without TCP and IP headers. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Chunks read from its sockets so far. Several messages in one chunk were coalesced on the way. */
  readonly reads: number;
  /** Destroys its sockets without a closing handshake. No event follows. */
  close(): void;
}

/** One reader. It finds the numbers of the messages in its bytes. */
export interface Reader extends Connection {
  /** Polls until `messages` more messages have arrived; 0 polls once. Only short pollers have it. */
  poll?(messages: number): void;
  /** Stops reading from its sockets, like a frozen browser tab, until `resume`. */
  pause(): void;
  resume(): void;
  /**
   * Returns the credentials with which another reader continues without a lost or duplicated message. Exact only if
   * `ReaderOptions.track` was set. For a server without replay these are the credentials it was opened with.
   */
  position(): Credentials;
  /** Publishes as the member that reads: on its own connection if that is duplex, else by a separate request. */
  publish?(number: number, textBytes: number): void;
}

export interface ReaderEvents {
  /** The reader is attached. Every message published from now on must reach it. */
  opened(): void;
  /** The message with this number arrived. */
  arrived(number: number): void;
  /** The reader was refused, or its connection is gone. */
  failed(reason: string): void;
}

export interface ReaderOptions {
  readonly url: URL;
  readonly credentials: Credentials;
  readonly events: ReaderEvents;
  /** Whether to keep the position after every message. It costs time, so only readers that reconnect do it. */
  readonly track: boolean;
  /** The number of this connection among the member's, from 1. */
  readonly link: number;
}

/** The sender of the broadcasts. */
export interface Publisher extends Connection {
  /** Sends message `number` with a text of at least `textBytes` bytes (`stampedText`). */
  publish(number: number, textBytes: number): void;
}

export interface PublisherOptions {
  readonly url: URL;
  readonly credentials: Credentials;
  readonly events: { opened(): void; failed(reason: string): void };
}

export interface Dialect {
  /** Creates `count` members, the publisher first, and their sessions. Rejects if the server refuses one. */
  join(url: URL, count: number): Promise<readonly Credentials[]>;
  openReader(options: ReaderOptions): Reader;
  openPublisher(options: PublisherOptions): Publisher;
}

/** Returns a `join` for a server without sessions and replay: every member has the same credentials. */
export function joinAs(credentials: Credentials): Dialect["join"] {
  return async (_url, count) => Array.from({ length: count }, () => credentials);
}
