import { formatCursor, type Position } from "../protocol/cursor.ts";
import type { Cursor } from "../protocol/ids.ts";

/** Where a client stands in the room's log. Whatever its links repeat or leave out, each event passes it once and in order. */
export class CursorTracker {
  #position: Position;

  constructor(start: Position) {
    this.#position = start;
  }

  get position(): Position {
    return this.#position;
  }

  get cursor(): Cursor {
    return formatCursor(this.#position.epoch, this.#position.seq);
  }

  /** `new`: the next one, noted as read; `seen`: passed before; `hole`: something between was never sent. */
  take(at: Position): "new" | "seen" | "hole" {
    const { epoch, seq } = this.#position;
    // A link of an earlier life of the log may still speak after another has moved on to the new one.
    if (at.epoch !== epoch || at.seq <= seq) return "seen";
    if (at.seq !== seq + 1) return "hole";
    this.#position = at;
    return "new";
  }

  /**
   * A gap was told to a link that stood at `from`. The answer says what was missed, or is null when another link has
   * brought it meanwhile.
   */
  applyGap(to: Position, from: Position, missed: number | null): { readonly missed: number | null } | null {
    const here = this.#position;
    if (to.epoch !== here.epoch) {
      // A link of an earlier life of the log has nothing to tell to who stands in a later one.
      if (from.epoch !== here.epoch) return null;
      this.#position = to;
      return { missed };
    }
    // Sent back: the log ends before the place this client had reached.
    if (from.epoch === to.epoch && to.seq < from.seq) {
      this.#position = to;
      return { missed };
    }
    if (to.seq <= here.seq) return null;
    this.#position = to;
    return { missed: to.seq - here.seq };
  }

  /** Whether everything up to `place` has passed. */
  covers(place: Position): boolean {
    return place.epoch === this.#position.epoch && place.seq <= this.#position.seq;
  }
}
