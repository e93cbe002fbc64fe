import type { EndedSessions } from "../chat/ports.ts";
import type { MemberId } from "../protocol/ids.ts";

/** About 100 bytes each: 10 MB, one end every 0.9 s for the day that a token is good. */
const MOST = 100_000;

/**
 * Remembers ended sessions until their tokens have expired, up to a limit. Beyond it the oldest make room;
 * from then on every session as old as they, which the server has not in use, counts as ended: its client opens another.
 */
export class EndedInMemory implements EndedSessions {
  /** In the order in which they ended, which is nearly that in which they expire: all are given out for as long. */
  readonly #until = new Map<MemberId, number>();
  readonly #hasPassed: (until: number) => boolean;
  readonly #most: number;
  #forgottenUntil = 0;

  constructor(hasPassed: (until: number) => boolean, most = MOST) {
    this.#hasPassed = hasPassed;
    this.#most = most;
  }

  has(member: MemberId, until: number): boolean {
    return until <= this.#forgottenUntil || this.#until.has(member);
  }

  add(member: MemberId, until: number): Promise<void> {
    for (const [old, itsUntil] of this.#until) {
      const passed = this.#hasPassed(itsUntil);
      if (!passed && this.#until.size < this.#most) break;
      this.#until.delete(old);
      if (!passed) this.#forgottenUntil = Math.max(this.#forgottenUntil, itsUntil);
    }
    this.#until.set(member, until);
    return Promise.resolve();
  }
}
