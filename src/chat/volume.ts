import { costInMemory, sizeOf } from "../log/cost.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { RateLimit } from "./rate.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";

/** What an event has beside its text: field names, ids, a name, a time. */
const FIELDS_BYTES = 128;
const PER_MINUTE = 60;

/**
 * How many bytes a session may say in a minute, and all sessions together that one owner opened: one that fills the
 * store fast could otherwise push out what others said before they have read it.
 */
export class Volume {
  readonly #settings: Settings;
  readonly #elapsed: () => number;
  readonly #sessions = new WeakMap<Session, RateLimit>();
  readonly #owners = new Map<string, RateLimit>();

  constructor(settings: Settings, elapsed: () => number) {
    this.#settings = settings;
    this.#elapsed = elapsed;
  }

  /** Counts a text. Throws `too_many` where it would be over a limit; then it is not counted. */
  count(session: Session, text: string): void {
    const { sessionBytesPerMinute: own, addressBytesPerMinute: all } = this.#settings;
    if (own === null && all === null) return;
    const elapsed = this.#elapsed();
    const bytes = costInMemory(FIELDS_BYTES + sizeOf(JSON.stringify(text)));
    const owner = session.owner === null || all === null ? null : this.#ofOwner(session.owner, all, elapsed);
    const ownerMs = owner?.wait(elapsed, Math.min(bytes, all ?? 0)) ?? 0;
    if (ownerMs > 0) throw tooMuch("The sessions of this address have", ownerMs);
    const sessionMs = own === null ? 0 : this.#ofSession(session, own, elapsed).take(elapsed, Math.min(bytes, own));
    if (sessionMs > 0) throw tooMuch("This session has", sessionMs);
    owner?.take(elapsed, Math.min(bytes, all ?? 0));
  }

  #ofSession(session: Session, perMinute: number, elapsed: number): RateLimit {
    const known = this.#sessions.get(session);
    if (known !== undefined) return known;
    const limit = new RateLimit({ perSecond: perMinute / PER_MINUTE, burst: perMinute }, elapsed);
    this.#sessions.set(session, limit);
    return limit;
  }

  #ofOwner(owner: string, perMinute: number, elapsed: number): RateLimit {
    const known = this.#owners.get(owner);
    if (known !== undefined) return known;
    // Looks at two for each new one: only owners that spoke in the last minute are remembered, and no call walks them all.
    for (const [other, limit] of this.#owners.entries().take(2)) {
      this.#owners.delete(other);
      if (!limit.isFull(elapsed)) this.#owners.set(other, limit);
    }
    const limit = new RateLimit({ perSecond: perMinute / PER_MINUTE, burst: perMinute }, elapsed);
    this.#owners.set(owner, limit);
    return limit;
  }
}

function tooMuch(who: string, retryAfterMs: number): ProtocolError {
  return new ProtocolError("too_many", {
    message: `${who} sent too much in the last minute. Wait, then send it again.`,
    retryAfterMs,
  });
}
