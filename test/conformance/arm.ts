import type { Settings } from "../../src/chat/settings.ts";
import type { Command, RepliedCommand, Reply } from "../../src/protocol/commands.ts";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import type { HistoryPage, Members, Session, SessionInfo } from "../../src/protocol/http.ts";
import type { Cursor, SessionToken } from "../../src/protocol/ids.ts";
import type { EventQueue } from "../support/queue.ts";
import type { Trait } from "./requirements.ts";

export interface Where {
  /** Left out: from the head on. */
  readonly after?: Cursor;
  /** Left out: one above the highest this site has used for the session. */
  readonly reader?: number;
}

/** An attached reader, whatever carries it. Ended with its site at the latest. */
export interface Down {
  readonly queue: EventQueue;
  /** By the reader's own connection where that is duplex, else by the shared up-leg. */
  execute(command: RepliedCommand): Promise<Reply>;
  /** The connection is gone without a word to either end. */
  cut(): void;
  /** The client's own wish. */
  abort(): void;
  /** The client's machine takes no more bytes. */
  hold(): void;
  release(): void;
  /** From now on few bytes come at a time. */
  chop(bytes: number): void;
  /** TCP connections it has used so far. */
  readonly connections: number;
}

/** One server, or one core, under test. */
export interface Site extends AsyncDisposable {
  openSession(room: string, name?: string, key?: string): Promise<Session>;
  current(session: SessionToken): Promise<SessionInfo>;
  /** Ends the session, as DELETE does. */
  end(session: SessionToken): Promise<void>;
  history(session: SessionToken, before: Cursor, limit: number): Promise<HistoryPage>;
  members(session: SessionToken): Promise<Members>;
  /** Resolves when the reader is proven live. */
  attach(session: SessionToken, where?: Where): Promise<Down>;
  /** The code with which an attempt to attach is refused; null when it is let in (and then given up at once). */
  refusal(ask: {
    readonly session?: string;
    readonly after?: string;
    readonly reader?: number;
  }): Promise<ErrorCode | null>;
  /** By the shared up-leg, with no reader needed. */
  execute(session: SessionToken, command: Command): Promise<Reply | null>;
  readonly control: Control | null;
}

/** What only a server of one's own allows. */
export interface Control {
  drain(): Promise<void>;
  /** Bytes the server holds for connections that do not take them. */
  queuedBytes(): number;
  /** Readers' connections the server still has. */
  connections(): number;
}

/** One way to reach a room. */
export interface Arm {
  readonly name: string;
  readonly traits: ReadonlySet<Trait>;
  /** A site of its own, with the settings asked for. Null where there is only the one at a URL. */
  readonly start: ((settings?: Partial<Settings>) => Promise<Site>) | null;
  /** The site that scenarios without needs share, each in its own room. */
  shared(): Promise<Site>;
  close(): Promise<void>;
}
