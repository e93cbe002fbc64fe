import { type ByeReason, ProtocolError } from "../protocol/errors.ts";
import type { Author } from "../protocol/events.ts";
import type { RoomName, SessionToken } from "../protocol/ids.ts";
import type { Core } from "./core.ts";
import type { Attendee, SessionNews } from "./log-port.ts";
import { RateLimit } from "./rate.ts";
import type { Reader, ReaderOwner } from "./reader.ts";
import { ReaderNumbers } from "./reader-numbers.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";
import type { StoreClock } from "./store-clock.ts";
import type { Timer } from "./timers.ts";
import type { Claim } from "./token.ts";

/** What a session needs of all sessions. */
export interface SessionRegistry {
  readonly rooms: Rooms;
  /** The clock by which sessions expire. */
  readonly clock: StoreClock;
  /** Throws `draining` while the server shuts down. */
  refuseWhileDraining(): void;
  /** Revokes the session's token. Resolves once that is stored. */
  revoke(session: Session): Promise<void>;
  /** Handles that another process has revoked the session's token. */
  endedElsewhere(session: Session): void;
  connected(reader: Reader<unknown>): void;
  disconnected(reader: Reader<unknown>): void;
}

/**
 * One member's session in a room: its presence, attached readers, keep-alive state and rate limits.
 *
 * A session outlives presence. When it is idle for `lingerMs` the member leaves the room, but the session stays valid and
 * joins again with its next request. It ends with `leave`, DELETE or token expiry.
 */
export class Session implements ReaderOwner, Attendee {
  readonly token: SessionToken;
  readonly author: Author;
  readonly room: RoomName;
  /** Of the room's key hash; empty for a public room. */
  readonly keyId: string;
  /** Ms since 1970. */
  readonly expiresAt: number;
  readonly numbers: ReaderNumbers;
  /** Attached readers. Usually one; two while switching transports. Readers that were sent `bye` are excluded. */
  readonly readers: Reader<unknown>[] = [];
  readonly commandRate: RateLimit | null;
  /** Opaque key of the address that opened the session, or first used it; null: unknown. */
  owner: string | null = null;
  /** Transport of the newest reader; undefined until the first one attaches. */
  via: string | undefined;
  /** Monotonic ms of the last typing event; null before the first. */
  typedAt: number | null = null;
  /** Ms without a reader or request until the member leaves. */
  lingerMs: number;
  /** True once the session has ended for good. */
  ended = false;
  /** True while the leave is being stored. Treated as ended unless storing fails. */
  leaving = false;
  /** True from when the join is stored until the leave begins. */
  present = false;

  readonly #core: Core;
  readonly #sessions: SessionRegistry;
  readonly #messageRate: RateLimit | null;
  /** Made on demand: most sessions never have a superseded reader. */
  #supersededReaders: Map<Reader<unknown>, Timer> | null = null;
  /** Settles after the last step that waits for a join or leave to be stored; null while none does. */
  #pendingSteps: Promise<void> | null = null;
  #lastSeenAt: number;
  #aliveAt: number | null = null;
  #lingerTimer: Timer | null = null;
  #aliveTimer: Timer | null = null;

  constructor(token: SessionToken, claim: Claim, core: Core, sessions: SessionRegistry) {
    const { settings, clock } = core;
    const now = clock.monotonicNow();
    this.token = token;
    this.author = { id: claim.member, name: claim.name };
    this.room = claim.room;
    this.keyId = claim.keyId;
    this.expiresAt = claim.expiresAt;
    this.numbers = new ReaderNumbers(settings.supersedeMs, clock.monotonicNow);
    this.commandRate = settings.commandRate === null ? null : new RateLimit(settings.commandRate, now);
    this.#messageRate = settings.messageRate === null ? null : new RateLimit(settings.messageRate, now);
    this.lingerMs = settings.lingerMs;
    this.#core = core;
    this.#sessions = sessions;
    this.#lastSeenAt = now;
    this.#armLingerTimer(this.lingerMs);
  }

  get expired(): boolean {
    return this.#sessions.clock.hasPassed(this.expiresAt);
  }

  /** True if nothing is lost by dropping the session from memory: its token recreates it. */
  get droppable(): boolean {
    return this.readers.length === 0 && !this.present && this.#pendingSteps === null;
  }

  // Presence

  /** Returns the room once the member is present in it: at once if it is, else when its join is stored. */
  enter(transport: string | undefined): Room | Promise<Room> {
    const room = this.#sessions.rooms.of(this);
    if (room instanceof Promise) return room.then((opened) => this.join(opened, transport));
    return this.present ? room : this.join(room, transport);
  }

  /** Records a request that reads, and resolves to the room once the member is present in it. */
  async visit(): Promise<Room> {
    this.touch();
    if (this.present) return this.#sessions.rooms.of(this);
    const room = await this.inOrder(() => this.enter(undefined));
    // Another request may have ended the session while its join was being stored.
    if (this.leaving || this.ended) throw new ProtocolError("session_unknown");
    return room;
  }

  /** Joins the room. `transport` is what the `joined` event names unless a reader has attached before. */
  async join(room: Room, transport: string | undefined): Promise<Room> {
    this.#sessions.refuseWhileDraining();
    // The room was empty while this call waited, so another call may have closed it.
    if (room.closed) return this.join(await this.#sessions.rooms.of(this), transport);
    this.via ??= transport;
    this.touch();
    await room.presence.join(this);
    this.present = true;
    return room;
  }

  get presentForMs(): number {
    return this.readers.length > 0 ? this.lingerMs : this.#lastSeenAt + this.lingerMs - this.#core.clock.monotonicNow();
  }

  onNews(news: SessionNews): void {
    switch (news.type) {
      case "ended":
        this.#sessions.endedElsewhere(this);
        return;
      case "alive":
        this.#alive();
        return;
      case "readers":
        this.numbers.merge(news.numbers);
        this.via = news.via;
        for (const reader of this.readers) {
          if (reader.number === this.numbers.newest) this.#useTransportOf(reader);
          this.#endIfSuperseded(reader);
        }
        // A process that lost the newest reader doesn't know by which transport the one before it reads.
        if (this.via !== news.via) void this.#tellReaders();
    }
  }

  /** Leaves the room and ends the session. Resolves to the seq of `left`, or undefined if none was stored. */
  async leave(): Promise<number | undefined> {
    if (this.leaving || this.ended) throw new ProtocolError("session_unknown");
    this.leaving = true;
    try {
      // Both in one turn, so that they are stored together or not at all.
      const room = await this.#sessions.rooms.existing(this);
      const [seq] = await this.inOrder(() => Promise.all([this.#leaveRoom(room, "left"), this.#sessions.revoke(this)]));
      // Deferred, so that the reply and `left` reach the member's own readers before their `bye`.
      this.#core.defer(() => this.end("left"));
      return seq;
    } catch (error) {
      this.leaving = false;
      throw error;
    }
  }

  /** Leaves the room because the session was idle too long or expired. The session stays. */
  leaveUnasked(): void {
    const left = this.inOrder(() => this.#leaveRoom(this.#sessions.rooms.openRoom(this.room), "idle"));
    Promise.resolve(left).catch((error: unknown) => {
      // The store reported its own failure; the session lingers once more.
      if (!(error instanceof ProtocolError)) this.#core.report(error);
    });
  }

  async #leaveRoom(room: Room | undefined, how: "left" | "idle"): Promise<number | undefined> {
    const { via, present } = this;
    this.present = false;
    this.via = undefined;
    try {
      // A member restored from the log is present although its session was not used since the process started.
      return await room?.presence.leave(this, how);
    } catch (error) {
      this.present = present;
      this.via = via;
      this.touch();
      throw error;
    }
  }

  /**
   * Runs `step` after all earlier steps: at once, unless one of them is still waiting. A step that returns a promise, such
   * as a join that is being stored, delays those after it; they then run in one turn.
   */
  inOrder<Result>(step: () => Result | Promise<Result>): Result | Promise<Result> {
    const outcome = this.#pendingSteps === null ? step() : this.#pendingSteps.then(step);
    if (!(outcome instanceof Promise)) return outcome;
    const settled = (): void => {
      if (this.#pendingSteps === pending) this.#pendingSteps = null;
    };
    const pending = outcome.then(settled, settled);
    this.#pendingSteps = pending;
    return outcome;
  }

  /** Ends the session: sends `bye` to all readers and stops all timers. */
  end(reason: ByeReason): void {
    this.ended = true;
    for (const reader of [...this.readers]) reader.bye(reason);
    this.stop();
  }

  /** Stops all timers. */
  stop(): void {
    this.#lingerTimer?.cancel();
    this.#lingerTimer = null;
    this.#aliveTimer?.cancel();
    this.#aliveTimer = null;
  }

  // Activity

  /** Records activity (a command or a poll) and re-arms the linger timer if no reader is attached. */
  touch(): void {
    this.#lastSeenAt = this.#core.clock.monotonicNow();
    if (this.#lingerTimer === null && this.readers.length === 0) this.#armLingerTimer(this.lingerMs);
  }

  /** Handles the client's `alive`. From now on it must repeat it within `aliveGraceMs`, or its streams are closed. */
  onAlive(): void {
    this.#alive();
    // Its stream may be attached to another process.
    if (this.readers.length === 0) void this.#tell({ type: "alive" });
  }

  #alive(): void {
    this.#aliveAt = this.#core.clock.monotonicNow();
    if (this.#aliveTimer === null) this.#armAliveTimer(this.#core.settings.aliveGraceMs);
  }

  /** Counts one inbound message on a duplex connection. Returns false beyond the rate. */
  countInbound(): boolean {
    return this.#messageRate === null || this.#messageRate.take(this.#core.clock.monotonicNow()) === 0;
  }

  // Readers

  /**
   * Attaches a reader. Ends those with the same number; older ones keep reading for `supersedeMs`. Its first event proves
   * its link, so other processes must be able to know its number before.
   */
  readerStarts(reader: Reader<unknown>): Promise<void> | undefined {
    this.#sessions.connected(reader);
    const isNewest = this.numbers.take(reader.number);
    if (this.readers.length > 0) {
      for (const other of [...this.readers]) {
        if (other.number === reader.number) other.bye("superseded");
        else this.#endIfSuperseded(other);
      }
    }
    this.readers.push(reader);
    this.#endIfSuperseded(reader);
    if (reader.number === this.numbers.newest) this.#useTransportOf(reader);
    return isNewest ? this.#tellReaders() : undefined;
  }

  readerEnded(reader: Reader<unknown>, how: "answered" | "dismissed" | "lost"): void {
    this.#cancelSuperseding(reader);
    const index = this.readers.indexOf(reader);
    // Nearly always the only one: splice would allocate an array at the end of every poll.
    if (index === this.readers.length - 1) this.readers.pop();
    else if (index >= 0) this.readers.splice(index, 1);
    this.#lastSeenAt = this.#core.clock.monotonicNow();
    if (how === "lost" && this.numbers.giveBack(reader.number)) {
      for (const other of this.readers) {
        if (other.number !== this.numbers.newest) continue;
        this.#cancelSuperseding(other);
        this.#useTransportOf(other);
      }
      void this.#tellReaders();
    }
    if (this.readers.length === 0 && this.#lingerTimer === null && !this.ended) this.#armLingerTimer(this.lingerMs);
  }

  readerGone(reader: Reader<unknown>): void {
    this.#sessions.disconnected(reader);
  }

  closeReason(): ByeReason | null {
    return this.expired ? "expired" : null;
  }

  #tell(news: SessionNews): Promise<void> | undefined {
    return this.#sessions.rooms.openRoom(this.room)?.presence.tell(this, news);
  }

  #tellReaders(): Promise<void> | undefined {
    return this.#tell({ type: "readers", numbers: this.numbers.state, via: this.via });
  }

  #useTransportOf(reader: Reader<unknown>): void {
    this.via = reader.wire.name;
    this.lingerMs = reader.wire.lingerMs ?? this.#core.settings.lingerMs;
  }

  #endIfSuperseded(reader: Reader<unknown>): void {
    const leftMs = this.numbers.graceLeft(reader.number);
    if (leftMs === null) {
      // Another process has lost the reader that superseded it.
      this.#cancelSuperseding(reader);
      return;
    }
    if (this.#supersededReaders?.has(reader) === true) return;
    this.#supersededReaders ??= new Map();
    this.#supersededReaders.set(
      reader,
      this.#core.timers.after(leftMs, () => reader.bye("superseded")),
    );
  }

  #cancelSuperseding(reader: Reader<unknown>): void {
    this.#supersededReaders?.get(reader)?.cancel();
    this.#supersededReaders?.delete(reader);
    if (this.#supersededReaders?.size === 0) this.#supersededReaders = null;
  }

  // Timers

  /** Activity doesn't reset the timer, so that a poll costs nothing. When it fires after activity, it re-arms. */
  #armLingerTimer(ms: number): void {
    this.#lingerTimer = this.#core.timers.after(ms, () => {
      this.#lingerTimer = null;
      if (this.readers.length > 0) return;
      const leftMs = this.#lastSeenAt + this.lingerMs - this.#core.clock.monotonicNow();
      if (leftMs > 0) this.#armLingerTimer(leftMs);
      else this.leaveUnasked();
    });
  }

  /** Without `alive`, the loss of a one-way stream's peer is noticed only by TCP, minutes later. */
  #armAliveTimer(ms: number): void {
    this.#aliveTimer = this.#core.timers.after(ms, () => {
      this.#aliveTimer = null;
      const now = this.#core.clock.monotonicNow();
      for (const reader of [...this.readers]) {
        if (!reader.wire.streaming || reader.wire.duplex) continue;
        const leftMs = Math.max(this.#aliveAt ?? 0, reader.attachedAt) + this.#core.settings.aliveGraceMs - now;
        if (leftMs <= 0) reader.bye("slow_consumer");
        else if (this.#aliveTimer === null) this.#armAliveTimer(leftMs);
      }
    });
  }
}
