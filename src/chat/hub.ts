import type { Command, Reply } from "../protocol/commands.ts";
import { formatCursor, parseCursor } from "../protocol/cursor.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { HistoryPage, Members, SessionInfo, SessionRequest } from "../protocol/http.ts";
import type { Cursor, SessionToken } from "../protocol/ids.ts";
import { Commands, type Doorkeeper } from "./commands.ts";
import { Connections } from "./connections.ts";
import type { Core } from "./core.ts";
import { Doors } from "./doors.ts";
import { drainReaders } from "./drain.ts";
import { newMemberId } from "./member-id.ts";
import { plainName } from "./name.ts";
import { overloadOf } from "./overload.ts";
import type { Ask, Hub, Outlet, ReaderHandle, Seat, Store, Wire } from "./ports.ts";
import { Reader } from "./reader.ts";
import type { Room } from "./room.ts";
import { Rooms } from "./rooms.ts";
import { AdmittedSeat } from "./seat.ts";
import type { Session, SessionOwner } from "./session.ts";
import { Sessions } from "./sessions.ts";
import type { Settings } from "./settings.ts";
import { TokenMint } from "./token.ts";

/** A session as the core knows it; which transports there are is the composition root's to add. */
export type Standing = Omit<SessionInfo, "transports">;

/** The core: rooms, sessions and readers behind the few calls that transports and the HTTP routes make. */
export class ChatHub implements Hub, SessionOwner, Doorkeeper {
  readonly settings: Settings;
  readonly #core: Core;
  readonly #store: Store;
  readonly #rooms: Rooms;
  readonly #doors: Doors;
  readonly #sessions: Sessions;
  readonly #commands: Commands;
  readonly #connections = new Connections();
  #draining = false;

  /** `store` is closed with the hub. */
  constructor(core: Core, secret: string, store: Store) {
    this.#core = core;
    this.settings = core.settings;
    this.#store = store;
    this.#rooms = new Rooms(store, core);
    this.#doors = new Doors(this.#rooms);
    this.#sessions = new Sessions(new TokenMint(secret), store, core, this);
    this.#commands = new Commands(this, this.#rooms, core);
  }

  get heartbeatMs(): number {
    return this.settings.heartbeatMs;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** How much there is of everything; for readiness, metrics and leak tests. */
  get counts(): { rooms: number; sessions: number; connections: number; timers: number } {
    return {
      rooms: this.#rooms.size,
      sessions: this.#sessions.size,
      connections: this.#connections.size,
      timers: this.#core.timers.size,
    };
  }

  /** Bytes of the events of all rooms. */
  get logBytes(): number {
    return this.#store.bytes;
  }

  /** Readers by transport, and how many of them are behind. */
  get byTransport(): ReadonlyMap<string, { attached: number; behind: number }> {
    return this.#connections.byTransport();
  }

  /** Why everybody who is new would be refused; null while they are not. */
  get overload(): string | null {
    return overloadOf(this.#sessions, this.#rooms);
  }

  /** Tries whether anything can be stored. Rejects with ProtocolError where it can't. */
  check(): Promise<void> {
    return this.#store.check();
  }

  /**
   * Opens a session in a room: the member has joined when this resolves. `owner`: an opaque key of who asks, for shares
   * of what all use; null: no share counts. Rejects with not_allowed, too_many, overloaded, draining.
   */
  async open(request: SessionRequest, owner: string | null = null): Promise<Standing & { session: SessionToken }> {
    this.#refuseWhileDraining();
    const name = plainName(request.name);
    const room = await this.#doors.open(request.room, request.key, owner);
    this.#refuseWhileDraining();
    const member = newMemberId(() => this.#core.random());
    const session = this.#sessions.create({ room: request.room, lockName: room.lockName, member, name }, owner);
    try {
      await this.#enter(session, room, undefined);
    } catch (error) {
      this.#sessions.discard(session);
      throw error;
    }
    return { session: session.token, ...this.#standing(session, room) };
  }

  /**
   * The session of a token, as `open` gave it but for the secret. With a reader's number it also says whether that
   * reader would be admitted: a refused WebSocket upgrade tells a browser nothing.
   * Rejects with session_missing, session_unknown, superseded, draining.
   */
  async current(token: SessionToken | undefined, reader?: number): Promise<Standing> {
    this.#refuseWhileDraining();
    const session = this.#sessions.find(token);
    if (reader !== undefined && !session.numbers.allows(reader)) throw new ProtocolError("superseded");
    return this.#standing(session, await this.#seen(session));
  }

  /** Leaves the room and ends the session. */
  async quit(token: SessionToken | undefined): Promise<void> {
    await this.end(this.#sessions.find(token));
  }

  /** A page of the log up to and including `before`; an empty one for a place of another epoch. */
  async history(token: SessionToken | undefined, before: Cursor, limit: number): Promise<HistoryPage> {
    const session = this.#sessions.find(token);
    const place = parseCursor(before);
    if (place === null) throw new ProtocolError("malformed");
    const room = await this.#seen(session);
    if (place.epoch !== room.epoch) return { events: [], cursor: null };
    const events = [...(await room.before(place.seq, limit))];
    const first = events[0];
    const more = first !== undefined && first.seq > room.oldest;
    return { events, cursor: more ? formatCursor(room.epoch, first.seq - 1) : null };
  }

  async members(token: SessionToken | undefined): Promise<Members> {
    const { presence, headCursor } = await this.#seen(this.#sessions.find(token));
    return { count: presence.count, members: presence.list(), cursor: headCursor };
  }

  /** Carries out a command that came by the shared up-leg; its event names the transport the session reads by. */
  async post(token: SessionToken | undefined, command: Command, owner: string | null = null): Promise<Reply | null> {
    const session = this.#sessions.find(token);
    session.owner ??= owner;
    return this.#commands.execute(session, command, session.via);
  }

  admit({ session: token, after, reader, transport }: Ask): Seat | Promise<Seat> {
    this.#refuseWhileDraining();
    const session = this.#sessions.find(token);
    const number = reader ?? session.numbers.newest + 1;
    if (!session.numbers.allows(number)) throw new ProtocolError("superseded");
    const room = this.#rooms.of(session);
    const asked = after === undefined ? null : room.placeOf(after);
    const seatIn = (room: Room): AdmittedSeat => {
      const position = asked ?? { epoch: room.epoch, seq: room.head };
      return new AdmittedSeat({ transport, session, room, position, number, fromHead: asked === null });
    };
    if (session.present) return seatIn(room);
    const entered = session.inOrder(() => this.enter(session, transport));
    return entered instanceof Promise ? entered.then(seatIn) : seatIn(entered);
  }

  attach<Frame>(seat: Seat, wire: Wire<Frame>, outlet: Outlet<Frame>, quietMs: number): ReaderHandle {
    const { session, room, position: start, number, fromHead } = this.#own(seat);
    const announce = wire.streaming || fromHead;
    const reader = new Reader(room, session, { wire, outlet, quietMs, number, start, announce });
    reader.start();
    return reader;
  }

  execute(seat: Seat, command: Command): Promise<Reply | null> {
    const { session, transport } = this.#own(seat);
    return this.#commands.execute(session, command, transport);
  }

  countInbound(seat: Seat): boolean {
    return this.#own(seat).session.countInbound();
  }

  /** Refuses what is new and says `bye` to every reader; resolves when the last has gone or `drainMs` have passed. */
  async drain(): Promise<void> {
    this.#draining = true;
    await drainReaders(this.#connections, this.#core);
  }

  /** Drops all connections and timers. */
  async close(): Promise<void> {
    this.#draining = true;
    for (const reader of this.#connections) {
      reader.outlet.destroy();
      reader.detach();
    }
    for (const session of this.#sessions.all()) session.rest();
    await this.#rooms.close();
    await this.#store.close();
  }

  enter(session: Session, transport: string | undefined): Room | Promise<Room> {
    const room = this.#rooms.of(session);
    return session.present ? room : this.#enter(session, room, transport);
  }

  async end(session: Session): Promise<number | undefined> {
    if (session.leaving || session.ended) throw new ProtocolError("session_unknown");
    session.leaving = true;
    try {
      // Asked for in one turn, hence stored together or not at all.
      const [seq] = await session.inOrder(() => Promise.all([this.#depart(session), this.#sessions.forget(session)]));
      // Deferred, so that the reply and the `left` event reach the leaving member's readers before their `bye`.
      this.#core.defer(() => session.end("left"));
      return seq;
    } catch (error) {
      session.leaving = false;
      throw error;
    }
  }

  lingered(session: Session): void {
    const departed = session.inOrder(() => this.#depart(session));
    Promise.resolve(departed).catch((error: unknown) => {
      // What the store could not take it has reported itself; the session lingers once more.
      if (!(error instanceof ProtocolError)) this.#core.report(error);
    });
  }

  connected(reader: Reader<unknown>): void {
    this.#connections.add(reader);
  }

  disconnected(reader: Reader<unknown>): void {
    this.#connections.remove(reader);
  }

  /** Resolves to the room of a session that reads, once its member is present there. */
  async #seen(session: Session): Promise<Room> {
    session.touch();
    if (session.present) return this.#rooms.of(session);
    const room = await session.inOrder(() => this.enter(session, undefined));
    // While its join was being stored, another request may have ended it.
    if (session.leaving || session.ended) throw new ProtocolError("session_unknown");
    return room;
  }

  async #enter(session: Session, room: Room, transport: string | undefined): Promise<Room> {
    this.#refuseWhileDraining();
    session.via ??= transport;
    session.touch();
    await room.join(session.author, () => session.via);
    session.present = true;
    return room;
  }

  async #depart(session: Session): Promise<number | undefined> {
    const room = session.present ? this.#rooms.of(session) : this.#rooms.known(session.room);
    // A member may be counted as present whose session has not been seen since the process began.
    if (room === undefined || !room.presence.has(session.author.id)) return undefined;
    const { via } = session;
    session.present = false;
    session.via = undefined;
    try {
      return await room.leave(session.author);
    } catch (error) {
      session.present = true;
      session.via = via;
      session.touch();
      throw error;
    }
  }

  #standing(session: Session, room: Room): Standing {
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

  #own(seat: Seat): AdmittedSeat {
    if (!(seat instanceof AdmittedSeat)) throw new TypeError("This seat was not given by the hub's admit().");
    return seat;
  }

  #refuseWhileDraining(): void {
    if (this.#draining) throw new ProtocolError("draining", { retryAfterMs: 1_000 });
  }
}
