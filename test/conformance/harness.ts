import type { Settings } from "../../src/chat/settings.ts";
import type { Command, RepliedCommand, Reply } from "../../src/protocol/commands.ts";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import type { HistoryPage, Members, Session, SessionInfo } from "../../src/protocol/http.ts";
import type { Cursor, SessionToken } from "../../src/protocol/ids.ts";
import type { EventQueue } from "../support/queue.ts";
import type { Trait } from "./requirements.ts";

/** One way to reach a room: a transport, or the core alone. Scenarios see only this interface. */
export interface Harness {
  readonly name: string;
  readonly traits: ReadonlySet<Trait>;
  /** Servers that take turns with the requests. Each counts its limits by itself. */
  readonly nodes: number;
  /** Starts a server with these settings. null if the harness tests a server that is already running. */
  readonly start: ((settings?: Partial<Settings>) => Promise<TestServer>) | null;
  /** Returns the server that scenarios with default settings share; each uses its own room. */
  shared(): Promise<TestServer>;
  close(): Promise<void>;
}

/** One server, or one core, under test. */
export interface TestServer extends AsyncDisposable {
  openSession(room: string, name?: string, key?: string): Promise<Session>;
  current(session: SessionToken): Promise<SessionInfo>;
  /** Ends the session, as DELETE does. */
  end(session: SessionToken): Promise<void>;
  history(session: SessionToken, before: Cursor, limit: number): Promise<HistoryPage>;
  members(session: SessionToken): Promise<Members>;
  /** Attaches a reader; resolves when it is live. */
  attach(session: SessionToken, options?: AttachOptions): Promise<AttachedReader>;
  /** Tries to attach. Resolves to the code of the refusal, or null if it was accepted; then the reader is ended at once. */
  refusal(request: {
    readonly session?: string;
    readonly after?: string;
    readonly reader?: number;
  }): Promise<ErrorCode | null>;
  /** Sends a command by POST, or to the core if there is no HTTP. Needs no reader. */
  execute(session: SessionToken, command: Command): Promise<Reply | null>;
  /** null if the suite did not start the server. */
  readonly control: Control | null;
}

export interface AttachOptions {
  /** Default: the head. */
  readonly after?: Cursor;
  /** Default: one above the highest that this server has seen for the session. */
  readonly reader?: number;
}

/** An attached reader on any transport. Disposing its server ends it. */
export interface AttachedReader {
  readonly queue: EventQueue;
  /** Sends a command on the reader's own connection if that is duplex, else by POST. */
  execute(command: RepliedCommand): Promise<Reply>;
  /** Breaks the connection, as a failure of the network does. */
  cut(): void;
  /** Ends the reader as its client would. */
  abort(): void;
  /** Stops reading from the connection until `release`. */
  hold(): void;
  release(): void;
  /** Delivers at most `bytes` at a time from now on. */
  chop(bytes: number): void;
  /** TCP connections it has used so far. */
  readonly connections: number;
}

/** What a scenario can do to a server that the suite started. */
export interface Control {
  drain(): Promise<void>;
  /** Bytes that the server holds for connections that don't read. */
  queuedBytes(): number;
  /** Connections of readers that the server counts now. */
  connections(): number;
}
