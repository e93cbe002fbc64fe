import { ProtocolError } from "../protocol/errors.ts";
import type { SessionToken } from "../protocol/ids.ts";
import type { Core } from "./core.ts";
import type { EndedSessions, Store } from "./ports.ts";
import { Session, type SessionOwner } from "./session.ts";
import type { StoreClock } from "./store-clock.ts";
import type { Claim, TokenMint } from "./token.ts";

/** Sessions by token. A signature is checked once; those who are not present make way when the map is full. */
export class Sessions {
  readonly #sessions = new Map<SessionToken, Session>();
  readonly #ended: EndedSessions;
  readonly #mint: TokenMint;
  readonly #core: Core;
  readonly #clock: StoreClock;
  readonly #owner: SessionOwner;

  constructor(mint: TokenMint, { ended, clock }: Pick<Store, "ended" | "clock">, core: Core, owner: SessionOwner) {
    this.#mint = mint;
    this.#ended = ended;
    this.#core = core;
    this.#clock = clock;
    this.#owner = owner;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** There is no place for one more. */
  get full(): boolean {
    if (this.#sessions.size < this.#core.settings.sessions) return false;
    return this.#sessions.values().every(({ idle }) => !idle);
  }

  all(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** Makes a session and its token. */
  create(claim: Omit<Claim, "expiresAt">, owner: string | null): Session {
    const whole = { ...claim, expiresAt: this.#clock.deadlineIn(this.#core.settings.sessionMs) };
    const session = this.#keep(this.#mint.sign(whole), whole);
    session.owner = owner;
    return session;
  }

  /** The session of a token. Throws session_missing without one, session_unknown for a forged, ended or expired one. */
  find(token: SessionToken | undefined): Session {
    if (token === undefined) throw new ProtocolError("session_missing");
    const known = this.#sessions.get(token);
    if (known !== undefined) {
      if (known.leaving) throw new ProtocolError("session_unknown");
      if (!known.expired) return known;
      this.#owner.lingered(known);
      this.#sessions.delete(token);
      known.end("expired");
      throw new ProtocolError("session_unknown");
    }
    const claim = this.#mint.verify(token);
    if (claim === null || this.#clock.hasPassed(claim.expiresAt) || this.#ended.has(claim.member, claim.expiresAt)) {
      throw new ProtocolError("session_unknown");
    }
    return this.#keep(token, claim);
  }

  /** Drops a session whose token nobody has got. */
  discard(session: Session): void {
    session.rest();
    this.#sessions.delete(session.token);
  }

  /** Ends a session for good: its token is refused until it would have expired. Resolves when that is stored. */
  async forget(session: Session): Promise<void> {
    await this.#ended.add(session.author.id, session.expiresAt);
    this.#sessions.delete(session.token);
  }

  #keep(token: SessionToken, claim: Claim): Session {
    if (this.#sessions.size >= this.#core.settings.sessions && !this.#dropQuiet()) {
      throw new ProtocolError("overloaded", {
        message: `The server holds its most sessions (${this.#core.settings.sessions}). Try later.`,
        retryAfterMs: 10_000,
      });
    }
    const session = new Session(token, claim, this.#core, this.#clock, this.#owner);
    this.#sessions.set(token, session);
    return session;
  }

  /** A dropped session that is not ended is made anew from its token when it comes back. */
  #dropQuiet(): boolean {
    for (const session of this.#sessions.values()) {
      if (!session.idle) continue;
      session.rest();
      this.#sessions.delete(session.token);
      return true;
    }
    return false;
  }
}
