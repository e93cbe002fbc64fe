import type { Reply } from "../protocol/commands.ts";
import type { CommandId, MemberId } from "../protocol/ids.ts";
import type { KeptReply } from "./log/contract.ts";

interface Remembered {
  readonly seq: number;
  /** Monotonic ms. */
  readonly at: number;
}

/**
 * Makes commands of one room idempotent. An `ok` is remembered while its event is in the replay window and at least
 * `keepMs`; a second copy in flight shares the first one's outcome.
 */
export class Dedupe {
  readonly #keepMs: number;
  readonly #done = new Map<string, Remembered>();
  readonly #inFlight = new Map<string, Promise<Reply>>();

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  get size(): number {
    return this.#done.size;
  }

  /** Runs `carryOut` unless the command was carried out before or is being carried out now. */
  once(member: MemberId, id: CommandId, carryOut: () => Promise<Reply>): Promise<Reply> {
    const key = `${member} ${id}`;
    const done = this.#done.get(key);
    if (done !== undefined) return Promise.resolve({ type: "ok", id, seq: done.seq });
    const running = this.#inFlight.get(key);
    if (running !== undefined) return running;
    const outcome = carryOut().finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, outcome);
    return outcome;
  }

  /** Takes over what the log knows from before the room was opened; oldest first, before any other call. */
  recall(replies: readonly KeptReply[], now: number, elapsed: number): void {
    for (const { member, id, seq, at } of replies) {
      // A clock that was put back does not make a reply younger than this process.
      this.#done.set(`${member} ${id}`, { seq, at: elapsed - Math.max(0, now - at) });
    }
  }

  /** Keeps an `ok`, and forgets those whose event is older than `oldest` and whose time is up. */
  remember(member: MemberId, id: CommandId, seq: number, elapsed: number, oldest: number): void {
    this.#done.set(`${member} ${id}`, { seq, at: elapsed });
    for (const [key, { seq: kept, at }] of this.#done) {
      if (kept >= oldest || elapsed - at < this.#keepMs) break;
      this.#done.delete(key);
    }
  }
}
