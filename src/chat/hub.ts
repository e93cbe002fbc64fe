import type { Command, Reply } from "../protocol/commands.ts";
import { formatCursor, type Position } from "../protocol/cursor.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { HistoryPage, Members, SessionInfo, SessionRequest } from "../protocol/http.ts";
import type { Cursor, SessionToken } from "../protocol/ids.ts";
import { Commands } from "./commands.ts";
import { Connections } from "./connections.ts";
import type { Core } from "./core.ts";
import type { Store } from "./log-port.ts";
import { plainName } from "./member-name.ts";
import type { Admission, AttachRequest, Hub, Outlet, ReaderHandle, Wire } from "./ports.ts";
import { Reader } from "./reader.ts";
import { positionOf, type Room } from "./room.ts";
import { RoomAccess, Rooms } from "./rooms.ts";
import type { Session } from "./session.ts";
import { Sessions } from "./sessions.ts";
import type { Settings } from "./settings.ts";
import { TokenMint } from "./token.ts";

/** A session's state as the core knows it. The server adds which transports it offers. */
export type SessionState = Omit<SessionInfo, "transports">;

const OUTAGE = "The store has been out of reach for a while. Try again later, or another server of this deployment.";

/** The core as transports and HTTP routes see it: a few calls over rooms, sessions and readers. */
export class ChatHub implements Hub {
  readonly settings: Settings;
  readonly #core: Core;
  readonly #store: Store;
  readonly #rooms: Rooms;
  readonly #access: RoomAccess;
  readonly #sessions: Sessions;
  readonly #commands: Commands;
  readonly #connections = new Connections();
  /** Aborts when the store is back; null while it is in reach. */
  #outage: AbortSignal | null = null;

  /** `secret` signs session tokens. `store` is closed with the hub. */
  constructor(core: Core, secret: string, store: Store) {
    this.settings = core.settings;
    this.#core = core;
    this.#store = store;
    this.#rooms = new Rooms(store, core);
    this.#access = new RoomAccess(this.#rooms);
    this.#sessions = new Sessions(new TokenMint(secret), store, core, this.#rooms, this.#connections);
    this.#commands = new Commands(this.#sessions, core);
    store.onOutage((back) => this.#onOutage(back));
  }

  // For transports

  get heartbeatMs(): number {
    return this.settings.heartbeatMs;
  }

  admit({ session: token, after, reader, transport }: AttachRequest): Admission | Promise<Admission> {
    this.#sessions.refuseWhileDraining();
    if (this.#outage !== null) throw new ProtocolError("overloaded", { message: OUTAGE, retryAfterMs: 5_000 });
    const session = this.#sessions.find(token);
    const admitTo = (room: Room, position: Position | null): Admitted => {
      // It may have ended while another process was asked.
      if (session.leaving || session.ended) throw new ProtocolError("session_unknown");
      const number = reader ?? session.numbers.newest + 1;
      // Checked after a join, which can bring news of the session's readers in other processes.
      if (!session.numbers.allows(number)) throw new ProtocolError("superseded");
      return new Admitted(transport, session, room, position, number);
    };
    const open = session.present ? this.#rooms.openRoom(session.room) : undefined;
    if (open !== undefined) {
      const position = after === undefined ? null : open.positionOf(after);
      // Another process may know more readers of this session.
      const news = reader === undefined || reader > session.numbers.newest ? open.presence.catchUp() : undefined;
      return news === undefined ? admitTo(open, position) : news.then(() => admitTo(open, position));
    }
    const position = after === undefined ? null : positionOf(after);
    const room = session.inOrder(() => session.enter(transport));
    return room instanceof Promise ? room.then((entered) => admitTo(entered, position)) : admitTo(room, position);
  }

  attach<Frame>(admission: Admission, wire: Wire<Frame>, outlet: Outlet<Frame>, idleMs: number): ReaderHandle {
    const { session, room, start, number, startsAtHead } = own(admission);
    // A reader without a cursor learns from `live` where it starts; a poll is then answered at once.
    const announce = wire.streaming || startsAtHead;
    const reader = new Reader(room, session, this.#core, { wire, outlet, idleMs, number, start, announce });
    reader.start();
    return reader;
  }

  execute(admission: Admission, command: Command): Promise<Reply | null> {
    const { session, transport } = own(admission);
    return this.#commands.execute(session, command, transport);
  }

  countInbound(admission: Admission): boolean {
    return own(admission).session.countInbound();
  }

  // For HTTP routes

  /**
   * Opens a session in a room. The member has joined when this resolves. `owner`: an opaque key of the caller, to limit
   * its share; null: no limit. Rejects with not_allowed, too_many, overloaded, draining.
   */
  async open(request: SessionRequest, owner: string | null = null): Promise<SessionState & { session: SessionToken }> {
    this.#sessions.refuseWhileDraining();
    const name = plainName(request.name);
    const room = await this.#access.open(request.room, request.key, owner);
    this.#sessions.refuseWhileDraining();
    const session = this.#sessions.create(room, name, owner);
    try {
      await Promise.all([session.join(room, undefined), room.presence.catchUp()]);
    } catch (error) {
      this.#sessions.drop(session);
      throw error;
    }
    return { session: session.token, ...this.#stateOf(session, room) };
  }

  /**
   * Resolves to a session's state. With a reader's number it also rejects if that reader would not be admitted: a browser
   * can't see why a WebSocket upgrade was refused.
   * Rejects with session_missing, session_unknown, superseded, draining.
   */
  async current(token: SessionToken | undefined, reader?: number): Promise<SessionState> {
    this.#sessions.refuseWhileDraining();
    const session = this.#sessions.find(token);
    const room = await session.visit();
    await room.presence.catchUp();
    if (reader !== undefined && !session.numbers.allows(reader)) throw new ProtocolError("superseded");
    return this.#stateOf(session, room);
  }

  /** Leaves the room and ends the session. */
  async quit(token: SessionToken | undefined): Promise<void> {
    await this.#sessions.find(token).leave();
  }

  /** Resolves to a page of the log up to and including `before`; empty if the log does not know that position. */
  async history(token: SessionToken | undefined, before: Cursor, limit: number): Promise<HistoryPage> {
    const session = this.#sessions.find(token);
    const position = positionOf(before);
    const room = await session.visit();
    const events = [...(await room.before(position, limit))];
    const first = events[0];
    const more = first !== undefined && first.seq > room.oldest;
    return { events, cursor: more ? formatCursor(room.epoch, first.seq - 1) : null };
  }

  async members(token: SessionToken | undefined): Promise<Members> {
    const room = await this.#sessions.find(token).visit();
    await room.presence.catchUp();
    const { presence, headCursor } = room;
    return { count: presence.count, members: presence.list(), cursor: headCursor };
  }

  /** Executes a command sent by POST. Its event names the transport that the session reads by. */
  async post(token: SessionToken | undefined, command: Command, owner: string | null = null): Promise<Reply | null> {
    const session = this.#sessions.find(token);
    session.owner ??= owner;
    return this.#commands.execute(session, command, undefined);
  }

  // For operations

  get draining(): boolean {
    return this.#sessions.draining;
  }

  /** Counts for readiness, metrics and leak tests. */
  get counts(): { rooms: number; sessions: number; connections: number; timers: number } {
    return {
      rooms: this.#rooms.size,
      sessions: this.#sessions.size,
      connections: this.#connections.size,
      timers: this.#core.timers.size,
    };
  }

  /** Bytes of everything stored, as `Settings.logBytes` counts them. */
  get logBytes(): number {
    return this.#store.bytes;
  }

  get echoAgeMs(): number | undefined {
    return this.#store.echoAgeMs;
  }

  /** The number of readers by transport, and how many of those are behind. */
  get byTransport(): ReadonlyMap<string, { attached: number; behind: number }> {
    return this.#connections.byTransport();
  }

  /** Why new sessions are refused, or null if they are accepted. Reading it changes nothing. */
  get overload(): string | null {
    if (this.#sessions.full) return "Session limit reached, and every session is in use.";
    return this.#rooms.full ? "The store is full, and every room is in use." : null;
  }

  /** Tests whether anything can be stored. Rejects with ProtocolError if not. */
  check(): Promise<void> {
    return this.#store.check();
  }

  /** Refuses new sessions and sends `bye` to all readers. Resolves when the last has gone, at the latest after `drainMs`. */
  async drain(): Promise<void> {
    this.#sessions.draining = true;
    await this.#connections.drain(this.#core, this.settings.drainMs);
  }

  /** Drops all connections and timers, and closes the store. */
  async close(): Promise<void> {
    this.#sessions.draining = true;
    this.#connections.destroy();
    this.#sessions.stop();
    await this.#rooms.close();
    await this.#store.close();
  }

  /** Sends the readers away: another server may still reach the store. */
  #onOutage(back: AbortSignal): void {
    this.#outage = back;
    back.addEventListener("abort", () => {
      this.#outage = null;
    });
    void this.#connections.drain(this.#core, (this.settings.outageHoldMs * 2) / 3, back);
  }

  #stateOf(session: Session, room: Room): SessionState {
    const { presence } = room;
    const member = session.via === undefined ? session.author : { ...session.author, via: session.via };
    return {
      member,
      room: room.name,
      epoch: room.epoch,
      cursor: room.headCursor,
      count: presence.count,
      members: presence.list(),
      heartbeatMs: this.settings.heartbeatMs,
    };
  }
}

/** The hub's own admission: a verified session and the position where its reader starts. */
class Admitted implements Admission {
  readonly transport: string;
  readonly session: Session;
  readonly room: Room;
  readonly start: Position;
  readonly number: number;
  /** True if no cursor was given. */
  readonly startsAtHead: boolean;

  constructor(transport: string, session: Session, room: Room, position: Position | null, number: number) {
    this.transport = transport;
    this.session = session;
    this.room = room;
    this.start = position ?? { epoch: room.epoch, seq: room.head };
    this.number = number;
    this.startsAtHead = position === null;
  }

  get cursor(): Cursor {
    return formatCursor(this.start.epoch, this.start.seq);
  }
}

function own(admission: Admission): Admitted {
  if (!(admission instanceof Admitted)) throw new TypeError("This admission was not made by Hub.admit().");
  return admission;
}
