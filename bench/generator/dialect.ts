/** How the load generator speaks with one server: on raw sockets, so that it stays cheaper than what it measures. */

/** What a member is known by: a session and the place from which its reader reads on. What they mean is the dialect's. */
export interface Credentials {
  readonly session: string;
  readonly cursor: string;
}

/** Something with bytes that can be counted and an end. */
export interface Connection {
  /** Bytes of all its sockets so far, both ways, the TCP and IP headers left out. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Chunks read from its sockets so far: what arrives in one read was coalesced on the way. */
  readonly reads: number;
  /** Destroys its sockets, without a goodbye. Nothing is called back after it. */
  close(): void;
}

/** One reader: it counts the messages in its bytes. */
export interface Reader extends Connection {
  /** Asks for what is new until so many messages have come; 0: once. Only short pollers have to be told. */
  ask?(messages: number): void;
  /** Stops reading from its sockets, as a peer whose tab is frozen; `resume` goes on. */
  pause(): void;
  resume(): void;
  /**
   * Where another reader would have to read on so that nothing is lost and nothing comes twice. Exact only where
   * `ReaderAsk.track` was set; the credentials it was opened with where the server has no replay.
   */
  place(): Credentials;
  /** Publishes as the member that reads: on its connection where that is duplex, else by a request beside it. */
  publish?(number: number, textBytes: number): void;
}

export interface ReaderEvents {
  /** It is in: what is published from now on must reach it. */
  opened(): void;
  /** The message with this number has come. */
  arrived(number: number): void;
  /** It can't go on: refused, or its connection has gone. */
  broke(why: string): void;
}

export interface ReaderAsk {
  readonly url: URL;
  readonly credentials: Credentials;
  readonly events: ReaderEvents;
  /** Keep the place after every message: costs time, so only where readers come back. */
  readonly track: boolean;
  /** Counts up with every link of one member; starts at 1. */
  readonly link: number;
}

/** Who makes the broadcasts. */
export interface Publisher extends Connection {
  /** Sends message `number` with a text of at least `textBytes` bytes (`stampedText`). */
  publish(number: number, textBytes: number): void;
}

export interface PublisherAsk {
  readonly url: URL;
  readonly credentials: Credentials;
  readonly events: { opened(): void; broke(why: string): void };
}

export interface Dialect {
  /** Makes `count` members, the publisher first, whatever that takes (sessions). Rejects when the server refuses one. */
  enter(url: URL, count: number): Promise<readonly Credentials[]>;
  openReader(ask: ReaderAsk): Reader;
  openPublisher(ask: PublisherAsk): Publisher;
}
