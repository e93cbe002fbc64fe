import type { Author, Member } from "../protocol/events.ts";
import type { MemberId } from "../protocol/ids.ts";

/** How many members are told by name in one answer. */
const NAMED = 100;

interface Entry {
  readonly author: Author;
  /** The transport read by at the moment, where known. */
  readonly via: () => string | undefined;
}

/** Who is in a room. Counting is free, and no answer grows with the square of the members. */
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

  /** The longest-present members, at most 100. */
  list(): Member[] {
    const members: Member[] = [];
    for (const { author, via } of this.#members.values()) {
      if (members.length === NAMED) break;
      const transport = via();
      members.push(transport === undefined ? { ...author } : { ...author, via: transport });
    }
    return members;
  }
}
