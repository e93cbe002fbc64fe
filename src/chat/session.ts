import type { ByeReason } from "../protocol/errors.ts";
import type { Author } from "../protocol/events.ts";
import type { RoomName, SessionToken } from "../protocol/ids.ts";
import type { Core } from "./core.ts";
import { RateLimit } from "./rate.ts";
import type { Reader } from "./reader.ts";
import { ReaderNumbers } from "./reader-numbers.ts";
import type { ReaderOwner } from "./reader-owner.ts";
import type { StoreClock } from "./store-clock.ts";
import type { Timer } from "./timers.ts";
import type { Claim } from "./token.ts";

/** What a session tells the hub. */
export interface SessionOwner {
  /** It has neither read nor sent for its linger. */
  lingered(session: Session): void;
  /** It has one connection more. */
  connected(reader: Reader<unknown>): void;
  /** One of its connections has gone. */
  disconnected(reader: Reader<unknown>): void;
}

/** One member's tie to a room: its readers, its signs of life, its limits. Presence comes and goes; the session stays. */
export class Session implements ReaderOwner {
  readonly token: SessionToken;
  readonly author: Author;
  readonly room: RoomName;
  /** Of its room's lock; empty: it has none. */
  readonly lockName: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly numbers: ReaderNumbers;
  /** Connections that read; those told `bye` are no longer among them. One as a rule, two during a switch. */
  readonly readers: Reader<unknown>[] = [];
  readonly commands: RateLimit | null;
  /** Who opened it or spoke for it first, as an opaque key; null: not known. */
  owner: string | null = null;
  /** The transport it reads by, or read by last; undefined before the first reader. */
  via: string | undefined;
  /** Monotonic ms of the last typing event, null before the first. */
  typedAt: number | null = null;
  lingerMs: number;
  ended = false;
  /** Its end is being stored: it is taken for ended already, unless that fails. */
  leaving = false;
  /** Whether its join is stored and its leave is not begun; kept by the hub. */
  present = false;

  readonly #core: Core;
  readonly #clock: StoreClock;
  readonly #owner: SessionOwner;
  readonly #messages: RateLimit | null;
  /** Most sessions never have a reader in its grace: the map is made when they do. */
  #graces: Map<Reader<unknown>, Timer> | null = null;
  /** Settles with the last step that waits for the session's join or leave to be stored; null while none does. */
  #line: Promise<void> | null = null;
  #lastSeenAt: number;
  #aliveAt: number | null = null;
  #lingerTimer: Timer | null = null;
  #aliveTimer: Timer | null = null;

  constructor(token: SessionToken, claim: Claim, core: Core, clock: StoreClock, owner: SessionOwner) {
    const { settings } = core;
    const now = core.clock.monotonicNow;
    this.token = token;
    this.author = { id: claim.member, name: claim.name };
    this.room = claim.room;
    this.lockName = claim.lockName;
    this.expiresAt = claim.expiresAt;
    this.numbers = new ReaderNumbers(settings.supersedeMs, now);
    this.commands = settings.commandRate === null ? null : new RateLimit(settings.commandRate, now());
    this.#messages = settings.messageRate === null ? null : new RateLimit(settings.messageRate, now());
    this.lingerMs = settings.lingerMs;
    this.#core = core;
    this.#clock = clock;
    this.#owner = owner;
    this.#lastSeenAt = now();
    this.#linger(this.lingerMs);
  }

  get expired(): boolean {
    return this.#clock.hasPassed(this.expiresAt);
  }

  /** Whether nothing is lost by dropping it: it can be made again from its token. */
  get idle(): boolean {
    return this.readers.length === 0 && !this.present && this.#line === null;
  }

  /**
   * Runs `step` after all steps that were given before it: at once, unless one of them is still waiting. A step that
   * returns a promise (a join or a leave that is being stored) holds up those behind it; they then run in one turn.
   */
  inOrder<Result>(step: () => Result | Promise<Result>): Result | Promise<Result> {
    const outcome = this.#line === null ? step() : this.#line.then(step);
    if (!(outcome instanceof Promise)) return outcome;
    const over = (): void => {
      if (this.#line === line) this.#line = null;
    };
    const line = outcome.then(over, over);
    this.#line = line;
    return outcome;
  }

  /** It has given a sign of life: a command, a poll. */
  touch(): void {
    this.#lastSeenAt = this.#core.clock.monotonicNow();
    if (this.#lingerTimer === null && this.readers.length === 0) this.#linger(this.lingerMs);
  }

  /** It has said `alive`, and by that promised to go on saying it. */
  alive(): void {
    this.#aliveAt = this.#core.clock.monotonicNow();
    if (this.#aliveTimer === null) this.#watchAlive(this.#core.settings.aliveGraceMs);
  }

  /** Counts something that arrived on a duplex connection. Returns false beyond the rate. */
  countInbound(): boolean {
    return this.#messages === null || this.#messages.take(this.#core.clock.monotonicNow()) === 0;
  }

  /** Takes in a reader: ends one of the same link, gives older links their grace. */
  readerStarts(reader: Reader<unknown>): void {
    this.#owner.connected(reader);
    this.numbers.take(reader.number);
    if (this.readers.length > 0) {
      for (const other of [...this.readers]) {
        if (other.number === reader.number) other.bye("superseded");
        else this.#giveGrace(other);
      }
    }
    this.readers.push(reader);
    this.#giveGrace(reader);
    if (reader.number === this.numbers.newest) this.#readBy(reader);
  }

  readerEnded(reader: Reader<unknown>, how: "answered" | "dismissed" | "cut"): void {
    this.#takeGrace(reader);
    const place = this.readers.indexOf(reader);
    // Nearly always the only one: a poll's end should cost no array of what was taken out.
    if (place === this.readers.length - 1) this.readers.pop();
    else if (place >= 0) this.readers.splice(place, 1);
    this.#lastSeenAt = this.#core.clock.monotonicNow();
    if (how === "cut" && this.numbers.giveBack(reader.number)) {
      for (const other of this.readers) {
        if (other.number !== this.numbers.newest) continue;
        this.#takeGrace(other);
        this.#readBy(other);
      }
    }
    if (this.readers.length === 0 && this.#lingerTimer === null && !this.ended) this.#linger(this.lingerMs);
  }

  readerGone(reader: Reader<unknown>): void {
    this.#owner.disconnected(reader);
  }

  readerVerdict(_reader: Reader<unknown>): ByeReason | null {
    return this.expired ? "expired" : null;
  }

  /** Says `bye` to all readers and forgets its timers; nothing is alive after it. */
  end(reason: ByeReason): void {
    this.ended = true;
    for (const reader of [...this.readers]) reader.bye(reason);
    this.rest();
  }

  /** Stops its timers. */
  rest(): void {
    this.#lingerTimer?.cancel();
    this.#lingerTimer = null;
    this.#aliveTimer?.cancel();
    this.#aliveTimer = null;
  }

  #readBy(reader: Reader<unknown>): void {
    this.via = reader.wire.name;
    this.lingerMs = reader.wire.lingerMs ?? this.#core.settings.lingerMs;
  }

  #giveGrace(reader: Reader<unknown>): void {
    const left = this.numbers.graceLeft(reader.number);
    if (left === null || this.#graces?.has(reader) === true) return;
    this.#graces ??= new Map();
    this.#graces.set(reader, reader.byeAfter(left, "superseded"));
  }

  #takeGrace(reader: Reader<unknown>): void {
    this.#graces?.get(reader)?.cancel();
    this.#graces?.delete(reader);
    if (this.#graces?.size === 0) this.#graces = null;
  }

  /** One timer, put forward while there are signs of life: a poll costs it nothing. */
  #linger(ms: number): void {
    this.#lingerTimer = this.#core.timers.after(ms, () => {
      this.#lingerTimer = null;
      if (this.readers.length > 0) return;
      const left = this.#lastSeenAt + this.lingerMs - this.#core.clock.monotonicNow();
      if (left > 0) this.#linger(left);
      else this.#owner.lingered(this);
    });
  }

  /** A vanished peer of a one-way stream is otherwise noticed by TCP alone, minutes later. */
  #watchAlive(ms: number): void {
    this.#aliveTimer = this.#core.timers.after(ms, () => {
      this.#aliveTimer = null;
      const elapsed = this.#core.clock.monotonicNow();
      for (const reader of [...this.readers]) {
        if (!reader.wire.streaming || reader.wire.duplex) continue;
        const left = Math.max(this.#aliveAt ?? 0, reader.attachedAt) + this.#core.settings.aliveGraceMs - elapsed;
        if (left <= 0) reader.bye("slow_consumer");
        else if (this.#aliveTimer === null) this.#watchAlive(left);
      }
    });
  }
}
