import type { Reply } from "../protocol/commands.ts";
import type { CommandId, MemberId } from "../protocol/ids.ts";
import type { StoredReply } from "./log-port.ts";

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
 * Makes commands of one room idempotent. An `ok` is remembered while its event is in the replay window, and at least for
 * `keepMs`. A duplicate of a command in flight shares its outcome.
 */
export class Dedupe {
  readonly #keepMs: number;
  readonly #tally: ReplyTally;
  readonly #done = new Map<string, Remembered>();
  readonly #inFlight = new Map<string, Promise<Reply>>();

  constructor(keepMs: number, tally: ReplyTally = { entries: 0 }) {
    this.#keepMs = keepMs;
    this.#tally = tally;
  }

  get size(): number {
    return this.#done.size;
  }

  /** Runs `execute` unless the command was executed before or is in flight. Resolves to the command's reply. */
  once(member: MemberId, id: CommandId, execute: () => Promise<Reply>): Promise<Reply> {
    const key = `${member} ${id}`;
    const done = this.#done.get(key);
    if (done !== undefined) return Promise.resolve({ type: "ok", id, seq: done.seq });
    const running = this.#inFlight.get(key);
    if (running !== undefined) return running;
    const outcome = execute().finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, outcome);
    return outcome;
  }

  /** Takes over the replies from before the room was opened, oldest first. Call it before any other method. */
  restore(replies: readonly StoredReply[], elapsed: number): void {
    for (const { member, id, seq, ageMs } of replies) this.#set(`${member} ${id}`, { seq, at: elapsed - ageMs });
  }

  /** Returns all remembered replies, oldest first. */
  replies(elapsed: number): StoredReply[] {
    return Array.from(this.#done, ([key, { seq, at }]) => {
      const space = key.indexOf(" ");
      // Both are parts of the key.
      const [member, id] = [key.slice(0, space) as MemberId, key.slice(space + 1) as CommandId];
      return { member, id, seq, ageMs: elapsed - at };
    });
  }

  clear(): void {
    this.#tally.entries -= this.#done.size;
    this.#done.clear();
  }

  /** Remembers an `ok`, and forgets old ones as `forget` does. */
  remember(member: MemberId, id: CommandId, seq: number, elapsed: number, oldest: number): void {
    this.#set(`${member} ${id}`, { seq, at: elapsed });
    this.forget(elapsed, oldest);
  }

  /** Forgets replies whose event is older than seq `oldest` and that are older than `keepMs`. */
  forget(elapsed: number, oldest: number): void {
    for (const [key, { seq: kept, at }] of this.#done) {
      if (kept >= oldest || elapsed - at < this.#keepMs) break;
      this.#done.delete(key);
      this.#tally.entries -= 1;
    }
  }

  #set(key: string, reply: Remembered): void {
    if (!this.#done.has(key)) this.#tally.entries += 1;
    this.#done.set(key, reply);
  }
}
