import type { ClientTransport, Platform } from "../transports/contract.ts";
import { ActiveLink, type LinkOwner } from "./active-link.ts";
import type { Inbox } from "./inbox.ts";
import { CLIENT_TIMINGS } from "./retry.ts";
import type { OpenSession, SessionApi } from "./session.ts";
import type { Resumption } from "./types.ts";

interface LinksParts {
  readonly base: URL;
  readonly platform: Platform;
  readonly api: SessionApi;
  readonly signal: AbortSignal;
}

/** Opens links of the present session, numbers them, and knows which one is live. */
export class Links {
  /** The live link; null while there is none. */
  current: ActiveLink | null = null;
  readonly #parts: LinksParts;
  #session: OpenSession | null = null;
  #inbox: Inbox | null = null;
  #highest: number;

  /** `highest`: the highest number that earlier links of the session have had. */
  constructor(parts: LinksParts, highest: number) {
    this.#parts = parts;
    this.#highest = highest;
  }

  get session(): OpenSession | null {
    return this.#session;
  }

  /** For the next visit; null before there is a session. */
  get resumption(): Resumption | null {
    if (this.#session === null || this.#inbox === null) return null;
    return { session: this.#session.token, cursor: this.#inbox.tracker.cursor, reader: this.#highest };
  }

  /** From now on links are of this session. What they bring goes where that of the one before it went. */
  belongTo(session: OpenSession, makeInbox: (session: OpenSession) => Inbox): void {
    this.#session = session;
    this.#inbox ??= makeInbox(session);
  }

  isNewest(link: ActiveLink): boolean {
    return link.number === this.#highest;
  }

  /** Whether what is not in the log is to be taken from this link: while two are open, from one of them. */
  speaksFor(link: ActiveLink): boolean {
    return this.current === null || this.current === link;
  }

  start(transport: ClientTransport, proofMs: number): ActiveLink {
    const { base, platform, api, signal } = this.#parts;
    const session = this.#session;
    const inbox = this.#inbox;
    if (session === null || inbox === null) throw new TypeError("There is no session to attach a reader to.");
    const owner: LinkOwner = {
      platform,
      received: (event, link) => inbox.take(event, link),
      // A lost one is made up for by the next; a server that hears none ends the link, and that is seen.
      sayAlive: () => void api.alive(session.token).catch(() => undefined),
    };
    const { cursor, position } = inbox.tracker;
    const attach = { base, session: session.token, after: cursor, reader: this.#nextNumber() };
    const heartbeatMs = Math.min(session.info.heartbeatMs, CLIENT_TIMINGS.longestHeartbeatMs);
    const silenceMs = 2 * heartbeatMs + CLIENT_TIMINGS.silenceGraceMs;
    return new ActiveLink(transport, attach, position, { proofMs, silenceMs }, owner, signal);
  }

  /**
   * Each attempt has a number of its own: the request of one that was given up may still be on its way, and reach the
   * server after the next. With the same number it would take that one's place.
   */
  #nextNumber(): number {
    this.#highest += 1;
    return this.#highest;
  }
}
