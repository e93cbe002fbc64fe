import { formatCursor, type Position } from "../protocol/cursor.ts";
import type { Cursor } from "../protocol/ids.ts";

/** The client's cursor in the room's log. It lets each event pass once and in order, whatever its links repeat or skip. */
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

  /** Returns `new` and advances for the next event, `seen` for one that has passed, `hole` if events before it are missing. */
  take(at: Position): "new" | "seen" | "hole" {
    const { epoch, seq } = this.#position;
    // A link of an earlier epoch may still deliver events after another link has moved on to the new epoch.
    if (at.epoch !== epoch || at.seq <= seq) return "seen";
    if (at.seq !== seq + 1) return "hole";
    this.#position = at;
    return "new";
  }

  /**
   * Applies a gap that the server reported to a link at `from`. Returns how many events were missed (null: unknown), or
   * null if another link has delivered them. Returns `behind` if another link has read further, so that only a new link,
   * from this cursor, can get a gap that applies.
   */
  applyGap(to: Position, from: Position, missed: number | null): { readonly missed: number | null } | "behind" | null {
    const here = this.#position;
    if (to.epoch !== here.epoch) {
      // A gap of an earlier epoch does not concern a client that is in a later one.
      if (from.epoch !== here.epoch) return null;
      // Nothing up to `to` is missing. But events beyond it, which another link has delivered, may be lost in the new epoch.
      if (missed === 0 && to.seq < here.seq) return "behind";
      this.#position = to;
      return { missed };
    }
    // The log was truncated: it ends before the position that this client had reached.
    if (from.epoch === to.epoch && to.seq < from.seq) {
      this.#position = to;
      return { missed };
    }
    if (to.seq <= here.seq) return null;
    this.#position = to;
    return { missed: to.seq - here.seq };
  }

  /** Returns whether every event up to `position` has passed. */
  covers(position: Position): boolean {
    return position.epoch === this.#position.epoch && position.seq <= this.#position.seq;
  }
}
