import { ProtocolError } from "../protocol/errors.ts";
import type { MemberId, SessionToken } from "../protocol/ids.ts";
import type { Connections } from "./connections.ts";
import type { Core } from "./core.ts";
import type { Store } from "./log-port.ts";
import type { Reader } from "./reader.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";
import { Session, type SessionRegistry } from "./session.ts";
import type { StoreClock } from "./store-clock.ts";
import type { Claim, TokenMint } from "./token.ts";

/** Sessions by token, so that each signature is verified once. When it is full, sessions of absent members are dropped. */
export class Sessions implements SessionRegistry {
  readonly rooms: Rooms;
  readonly clock: StoreClock;
  /** While true, no session is opened and none joins. */
  draining = false;
  readonly #sessions = new Map<SessionToken, Session>();
  readonly #mint: TokenMint;
  readonly #store: Store;
  readonly #core: Core;
  readonly #connections: Connections;

  constructor(mint: TokenMint, store: Store, core: Core, rooms: Rooms, connections: Connections) {
    this.#mint = mint;
    this.#store = store;
    this.#core = core;
    this.rooms = rooms;
    this.clock = store.clock;
    this.#connections = connections;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** True if no session can be added. */
  get full(): boolean {
    if (this.#sessions.size < this.#core.settings.sessions) return false;
    return this.#sessions.values().every(({ droppable }) => !droppable);
  }

  /** Creates a session of a new member, with its token. `owner`: see `Session.owner`. Throws `overloaded`. */
  create(room: Room, name: string, owner: string | null): Session {
    const claim: Claim = {
      room: room.name,
      keyId: room.keyId,
      member: this.#newMemberId(),
      name,
      expiresAt: this.clock.deadlineIn(this.#core.settings.sessionMs),
    };
    const session = this.#add(this.#mint.sign(claim), claim);
    session.owner = owner;
    return session;
  }

  /** Returns a token's session. Throws session_missing without a token, session_unknown for a forged, revoked or expired one. */
  find(token: SessionToken | undefined): Session {
    if (token === undefined) throw new ProtocolError("session_missing");
    const known = this.#sessions.get(token);
    if (known !== undefined) {
      if (known.leaving) throw new ProtocolError("session_unknown");
      if (!known.expired) return known;
      known.leaveUnasked();
      this.#sessions.delete(token);
      known.end("expired");
      throw new ProtocolError("session_unknown");
    }
    const claim = this.#mint.verify(token);
    if (claim === null || this.clock.hasPassed(claim.expiresAt)) throw new ProtocolError("session_unknown");
    if (this.#store.revoked.has(claim.member, claim.expiresAt)) throw new ProtocolError("session_unknown");
    return this.#add(token, claim);
  }

  /** Drops a session from memory: one whose token nobody has, or one that its token can recreate. */
  drop(session: Session): void {
    session.stop();
    this.#sessions.delete(session.token);
  }

  async revoke(session: Session): Promise<void> {
    await this.#store.revoked.add(session.author.id, session.expiresAt, session.room);
    this.#sessions.delete(session.token);
  }

  endedElsewhere(session: Session): void {
    this.#sessions.delete(session.token);
    session.end("left");
  }

  refuseWhileDraining(): void {
    if (this.draining) throw new ProtocolError("draining", { retryAfterMs: 1_000 });
  }

  connected(reader: Reader<unknown>): void {
    this.#connections.add(reader);
  }

  disconnected(reader: Reader<unknown>): void {
    this.#connections.remove(reader);
  }

  /** Stops the timers of all sessions. */
  stop(): void {
    for (const session of this.#sessions.values()) session.stop();
  }

  #add(token: SessionToken, claim: Claim): Session {
    if (this.#sessions.size >= this.#core.settings.sessions && !this.#dropOne()) {
      throw new ProtocolError("overloaded", {
        message: `Session limit reached (${this.#core.settings.sessions}). Try again later.`,
        retryAfterMs: 10_000,
      });
    }
    const session = new Session(token, claim, this.#core, this);
    this.#sessions.set(token, session);
    return session;
  }

  /** Drops one session that its token can recreate. Returns false if there is none. */
  #dropOne(): boolean {
    for (const session of this.#sessions.values()) {
      if (!session.droppable) continue;
      this.drop(session);
      return true;
    }
    return false;
  }

  #newMemberId(): MemberId {
    const half = (): string =>
      Math.floor(this.#core.random() * 36 ** 5)
        .toString(36)
        .padStart(5, "0");
    return `m${half()}${half()}` as MemberId; // the only place that makes member ids
  }
}
