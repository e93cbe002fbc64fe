import type { Author, EphemeralEvent, Member } from "../protocol/events.ts";
import type { MemberId } from "../protocol/ids.ts";
import type { Core } from "./core.ts";
import type { Attendee, Draft, Presence } from "./log-port.ts";
import type { Timer } from "./timers.ts";

/** The most members listed by name in one answer. */
const LISTED_MEMBERS = 100;

/** What presence needs of its room's log. */
export interface PresenceLog {
  append(draft: Draft): Promise<number>;
  broadcast(event: EphemeralEvent): void;
}

/** A member with the transport it reads by, if known. */
type Present = Pick<Attendee, "author" | "via">;

/**
 * Presence in a room that only this process uses. Counting is free, and no answer grows with the number of members.
 *
 * Members that the log remembers as present, though their connections ended with the process that wrote it, count as
 * present and have `lingerMs` to reconnect; then they leave.
 */
export class LocalPresence implements Presence {
  readonly #core: Core;
  readonly #log: PresenceLog;
  readonly #members = new Map<MemberId, Present>();
  /** Restored members that have not reconnected yet. */
  readonly #missing: Map<MemberId, Author>;
  #missingTimer: Timer | null = null;
  #memberCountTimer: Timer | null = null;

  /** `restored`: members whose `joined` has no `left` after it. */
  constructor(core: Core, log: PresenceLog, restored: readonly Author[] = []) {
    this.#core = core;
    this.#log = log;
    this.#missing = new Map(restored.map((author) => [author.id, author]));
    for (const author of restored) this.#members.set(author.id, { author, via: undefined });
    if (restored.length > 0) this.#armMissingTimer();
  }

  get count(): number {
    return this.#members.size;
  }

  get inUse(): boolean {
    return this.#members.size > 0;
  }

  has(id: MemberId): boolean {
    return this.#members.has(id);
  }

  list(): Member[] {
    return listMembers(this.#members.values());
  }

  async join(session: Attendee): Promise<void> {
    const { author, via } = session;
    const isPresent = this.#members.has(author.id);
    this.#members.set(author.id, session);
    // A restored member was never away.
    if (this.#missing.delete(author.id) || isPresent) return;
    if (this.#crowded) return this.#scheduleMemberCount();
    const draft: Draft = { type: "joined", member: author };
    try {
      await this.#log.append(via === undefined ? draft : { ...draft, via });
    } catch (error) {
      this.#members.delete(author.id);
      throw error;
    }
  }

  leave({ author }: Attendee): Promise<number | undefined> {
    return this.#leave(author);
  }

  tell(): undefined {
    // There is no other process.
  }

  catchUp(): undefined {
    // As above.
  }

  stop(): void {
    this.#missingTimer?.cancel();
    this.#memberCountTimer?.cancel();
  }

  async #leave(author: Author): Promise<number | undefined> {
    const present = this.#members.get(author.id);
    if (present === undefined) return undefined;
    const crowded = this.#crowded;
    this.#missing.delete(author.id);
    this.#members.delete(author.id);
    if (crowded) {
      this.#scheduleMemberCount();
      return undefined;
    }
    try {
      return await this.#log.append({ type: "left", member: author });
    } catch (error) {
      this.#members.set(author.id, present);
      throw error;
    }
  }

  /** In a crowded room joins and leaves are not announced one by one; a member count is broadcast from time to time. */
  get #crowded(): boolean {
    return this.#members.size > this.#core.settings.censusFrom;
  }

  #scheduleMemberCount(): void {
    this.#memberCountTimer ??= this.#core.timers.after(this.#core.settings.censusEveryMs, () => {
      this.#memberCountTimer = null;
      this.#log.broadcast({ type: "census", at: this.#core.clock.wallNow(), count: this.count });
    });
  }

  #armMissingTimer(): void {
    this.#missingTimer = this.#core.timers.after(this.#core.settings.lingerMs, () => {
      this.#missingTimer = null;
      const gone = [...this.#missing.values()];
      // From here on a member that reconnects counts as having been away: its `left` is being stored.
      this.#missing.clear();
      for (const author of gone) {
        this.#leave(author).catch(() => {
          // The store reported its failure itself. Try again after another linger.
          this.#missing.set(author.id, author);
          if (this.#missingTimer === null) this.#armMissingTimer();
        });
      }
    });
  }
}

/** Returns the first 100 members as they are sent. */
export function listMembers(present: Iterable<Present>): Member[] {
  const members: Member[] = [];
  for (const { author, via } of present) {
    if (members.length === LISTED_MEMBERS) break;
    members.push(via === undefined ? { ...author } : { ...author, via });
  }
  return members;
}
