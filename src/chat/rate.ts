import { ProtocolError } from "../protocol/errors.ts";

/** Sustained rate and burst. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket. All times are monotonic ms. */
export class RateLimit {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(rate: Rate, now: number) {
    this.#perMs = rate.perSecond / 1_000;
    this.#burst = rate.burst;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Takes `count` tokens. Returns 0 if they were available, else the ms until they will be. */
  take(now: number, count = 1): number {
    const waitMs = this.wait(now, count);
    if (waitMs === 0) this.#tokens -= count;
    return waitMs;
  }

  /** Returns 0 if `count` tokens are available, else the ms until they will be. Takes nothing. */
  wait(now: number, count = 1): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    return this.#tokens >= count ? 0 : Math.ceil((count - this.#tokens) / this.#perMs);
  }

  /** Returns whether the whole burst is available. */
  isFull(now: number): boolean {
    this.wait(now);
    return this.#tokens === this.#burst;
  }

  /** Returns one token that was taken. */
  giveBack(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  /** Takes one token even if there is none, for a cost that is known only afterwards. The debt is at most `burst`. */
  takeOnCredit(now: number): void {
    this.wait(now);
    this.#tokens = Math.max(-this.#burst, this.#tokens - 1);
  }
}

const SECONDS_PER_MINUTE = 60;

/**
 * Limits the bytes a session can say per minute, and all sessions of one owner together. A session that fills the store
 * fast could otherwise push out messages before others have read them.
 */
export class VolumeLimit<Session extends object> {
  readonly #perSession: number | null;
  readonly #perOwner: number | null;
  readonly #sessions = new WeakMap<Session, RateLimit>();
  readonly #owners = new Map<string, RateLimit>();

  /** Both in bytes per minute; null: no limit. */
  constructor(perSession: number | null, perOwner: number | null) {
    this.#perSession = perSession;
    this.#perOwner = perOwner;
  }

  /** Counts bytes of a session and its owner. Throws `too_many`, and counts nothing, if that would exceed a limit. */
  count(session: Session, owner: string | null, bytes: number, now: number): void {
    const ofOwner = owner === null || this.#perOwner === null ? null : this.#ownerLimit(owner, this.#perOwner, now);
    const ownerBytes = Math.min(bytes, this.#perOwner ?? 0);
    const ownerWaitMs = ofOwner?.wait(now, ownerBytes) ?? 0;
    if (ownerWaitMs > 0) throw tooMuch("The sessions of this address have", ownerWaitMs);
    if (this.#perSession !== null) {
      const ofSession = this.#sessionLimit(session, this.#perSession, now);
      const waitMs = ofSession.take(now, Math.min(bytes, this.#perSession));
      if (waitMs > 0) throw tooMuch("This session has", waitMs);
    }
    ofOwner?.take(now, ownerBytes);
  }

  #sessionLimit(session: Session, perMinute: number, now: number): RateLimit {
    const known = this.#sessions.get(session);
    if (known !== undefined) return known;
    const limit = perMinuteLimit(perMinute, now);
    this.#sessions.set(session, limit);
    return limit;
  }

  #ownerLimit(owner: string, perMinute: number, now: number): RateLimit {
    const known = this.#owners.get(owner);
    if (known !== undefined) return known;
    // For each new owner two known ones are checked, and forgotten if they were silent for a minute: no call checks all.
    for (const [other, limit] of this.#owners.entries().take(2)) {
      this.#owners.delete(other);
      if (!limit.isFull(now)) this.#owners.set(other, limit);
    }
    const limit = perMinuteLimit(perMinute, now);
    this.#owners.set(owner, limit);
    return limit;
  }
}

function perMinuteLimit(perMinute: number, now: number): RateLimit {
  return new RateLimit({ perSecond: perMinute / SECONDS_PER_MINUTE, burst: perMinute }, now);
}

function tooMuch(sender: string, retryAfterMs: number): ProtocolError {
  return new ProtocolError("too_many", {
    message: `${sender} sent too much in the last minute. Wait, then send it again.`,
    retryAfterMs,
  });
}
