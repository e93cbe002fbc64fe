import type { CommandId, MemberId } from "../protocol/ids.ts";

/** The `ok` for an event that was stored before the log was opened. It may never have been sent. */
export interface StoredReply {
  readonly member: MemberId;
  readonly id: CommandId;
  readonly seq: number;
  /** Ms since it was stored. */
  readonly ageMs: number;
}

interface Remembered {
  readonly seq: number;
  /** Monotonic ms. */
  readonly at: number;
}

/** Counts the replies that all rooms together remember. */
export interface ReplyTally {
  entries: number;
}

/**
 * Remembers which seq answered a command, so that the command is idempotent: while its event is in the replay window, and
 * at least for `keepMs`.
 */
export class Dedupe {
  readonly #keepMs: number;
  readonly #tally: ReplyTally;
  readonly #replies = new Map<string, Remembered>();

  constructor(keepMs: number, tally: ReplyTally = { entries: 0 }) {
    this.#keepMs = keepMs;
    this.#tally = tally;
  }

  get size(): number {
    return this.#replies.size;
  }

  seqOf(member: MemberId, id: CommandId): number | undefined {
    return this.#replies.get(`${member} ${id}`)?.seq;
  }

  /** Takes over the replies from before the log was opened, oldest first. Call it before any other method. */
  restore(replies: readonly StoredReply[], now: number): void {
    for (const { member, id, seq, ageMs } of replies) this.#set(`${member} ${id}`, { seq, at: now - ageMs });
  }

  /** Forgets everything. */
  clear(): void {
    this.#tally.entries -= this.#replies.size;
    this.#replies.clear();
  }

  /** Remembers a reply, and forgets old ones as `forget` does. */
  remember(member: MemberId, id: CommandId, seq: number, now: number, oldest: number): void {
    this.#set(`${member} ${id}`, { seq, at: now });
    this.forget(now, oldest);
  }

  /** Forgets replies whose event is older than seq `oldest` and that are older than `keepMs`. */
  forget(now: number, oldest: number): void {
    for (const [key, { seq, at }] of this.#replies) {
      if (seq >= oldest || now - at < this.#keepMs) break;
      this.#replies.delete(key);
      this.#tally.entries -= 1;
    }
  }

  /** Returns how many replies are remembered whose event, older than seq `oldest`, is gone. */
  orphans(oldest: number): number {
    let count = 0;
    for (const { seq } of this.#replies.values()) {
      if (seq >= oldest) break;
      count += 1;
    }
    return count;
  }

  #set(key: string, reply: Remembered): void {
    if (!this.#replies.has(key)) this.#tally.entries += 1;
    this.#replies.set(key, reply);
  }
}
