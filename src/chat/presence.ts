import type { Author, Member } from "../protocol/events.ts";
import type { MemberId } from "../protocol/ids.ts";
import type { Core } from "./core.ts";
import type { Timer } from "./timers.ts";

/** The most members listed by name in one answer. */
const LISTED = 100;

interface Entry {
  readonly author: Author;
  /** Returns the transport the member reads by, if known. */
  readonly via: () => string | undefined;
}

/** The members of one room. Counting is free, and no answer grows with the number of members. */
export class Presence {
  readonly #members = new Map<MemberId, Entry>();

  get count(): number {
    return this.#members.size;
  }

  has(id: MemberId): boolean {
    return this.#members.has(id);
  }

  add(author: Author, via: () => string | undefined): void {
    this.#members.set(author.id, { author, via });
  }

  remove(id: MemberId): boolean {
    return this.#members.delete(id);
  }

  /** Returns the longest-present members, at most 100. */
  list(): Member[] {
    const members: Member[] = [];
    for (const { author, via } of this.#members.values()) {
      if (members.length === LISTED) break;
      const transport = via();
      members.push(transport === undefined ? { ...author } : { ...author, via: transport });
    }
    return members;
  }
}

/**
 * Members that the log remembers as present, though their connections ended with the process that wrote it. They count as
 * present and have `lingerMs` to reconnect; then they leave.
 */
export class RestoredMembers {
  readonly #core: Core;
  readonly #missing: Map<MemberId, Author>;
  readonly #leave: (author: Author) => Promise<unknown>;
  #timer: Timer | null = null;

  /** `leave` makes a member leave the room. */
  constructor(core: Core, members: readonly Author[], leave: (author: Author) => Promise<unknown>) {
    this.#core = core;
    this.#leave = leave;
    this.#missing = new Map(members.map((author) => [author.id, author]));
    if (members.length > 0) this.#armTimer();
  }

  /** Takes a member off the list. Returns true if it was missing: for the others it was never away. */
  reconnect(member: MemberId): boolean {
    return this.#missing.delete(member);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #armTimer(): void {
    this.#timer = this.#core.timers.after(this.#core.settings.lingerMs, () => {
      this.#timer = null;
      const gone = [...this.#missing.values()];
      // A member that reconnects while its `left` is being stored was away.
      this.#missing.clear();
      for (const author of gone) {
        this.#leave(author).catch(() => {
          // The store reported its failure itself. Try again after another linger.
          this.#missing.set(author.id, author);
          if (this.#timer === null) this.#armTimer();
        });
      }
    });
  }
}
