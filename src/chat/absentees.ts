import type { Author } from "../protocol/events.ts";
import type { MemberId } from "../protocol/ids.ts";
import type { Room } from "./room.ts";
import type { Timer } from "./timers.ts";

/**
 * Members that a log remembers as present while their connections ended with the process that wrote it. They are counted
 * as present and have the linger to come back; then they have left.
 */
export class Absentees {
  readonly #room: Room;
  readonly #missing: Map<MemberId, Author>;
  readonly #lingerMs: number;
  #timer: Timer | null = null;

  constructor(room: Room, members: readonly Author[], lingerMs: number) {
    this.#room = room;
    this.#lingerMs = lingerMs;
    this.#missing = new Map(members.map((author) => [author.id, author]));
    for (const author of members) room.presence.add(author, () => undefined);
    if (members.length > 0) this.#wait();
  }

  /** True when the member was missing and now is not: to the others it was never away. */
  back(member: MemberId): boolean {
    return this.#missing.delete(member);
  }

  rest(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #wait(): void {
    this.#timer = this.#room.after(this.#lingerMs, () => {
      this.#timer = null;
      const gone = [...this.#missing.values()];
      // Who comes back while its `left` is being stored has been away.
      this.#missing.clear();
      for (const author of gone) {
        this.#room.leave(author).catch(() => {
          // The store takes nothing at the moment, which it has reported itself: they are let go later.
          this.#missing.set(author.id, author);
          if (this.#timer === null) this.#wait();
        });
      }
    });
  }
}
