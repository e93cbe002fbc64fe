import { type ReadonlySignal, signal } from "@preact/signals";
import { formatCursor, parseCursor } from "../../src/protocol/cursor.ts";
import type { HistoryPage } from "../../src/protocol/http.ts";
import type { Cursor, Epoch } from "../../src/protocol/ids.ts";
import type { Feed } from "./feed.ts";
import { extend, lastEvent, prepend, replaced, type Timeline } from "./timeline.ts";

const PAGE = 50;

export type Loading = "idle" | "busy" | "failed";

/** Moves the window that is shown over the room's log. One request at a time. */
export interface Past {
  readonly older: ReadonlySignal<Loading>;
  readonly newer: ReadonlySignal<Loading>;
  /**
   * Shows the page up to and including `cursor`, where reading begins: in place of what is shown of the same log,
   * behind what is shown of another one.
   */
  begin(cursor: Cursor): Promise<void>;
  loadOlder(): Promise<void>;
  /** Where the window does not end at the head: shows what follows. */
  loadNewer(): Promise<void>;
  /** Moves the window to the head. */
  toNewest(): Promise<void>;
}

type Ask = (before: Cursor, limit: number) => Promise<HistoryPage>;

export function createPast(feed: Feed, ask: Ask): Past {
  const older = signal<Loading>("idle");
  const newer = signal<Loading>("idle");

  /** Asks for a page and puts it in place, unless the log has begun anew meanwhile. */
  async function load(
    progress: typeof older,
    epoch: Epoch,
    seq: number,
    limit: number,
    place: (page: HistoryPage) => Timeline,
  ): Promise<boolean> {
    if (progress.value === "busy") return false;
    progress.value = "busy";
    try {
      const page = await ask(formatCursor(epoch, seq), limit);
      feed.timeline.value = place(page);
      progress.value = "idle";
      return true;
    } catch {
      progress.value = "failed";
      return false;
    }
  }

  async function loadOlder(): Promise<void> {
    const { before } = feed.timeline.value;
    const place = before === null ? null : parseCursor(before);
    if (place === null) return;
    const { epoch, seq } = place;
    await load(older, epoch, seq, PAGE, (page) => prepend(feed.timeline.value, page, epoch));
  }

  async function loadNewer(): Promise<void> {
    const { epoch, high } = feed;
    const last = lastEvent(feed.timeline.value);
    if (feed.timeline.value.attached || epoch === null) return;
    if (last === undefined || last.epoch !== epoch) return toNewest();
    const to = Math.min(last.event.seq + PAGE, high);
    const limit = Math.max(1, to - last.event.seq);
    await load(newer, epoch, to, limit, (page) => extend(feed.timeline.value, page, epoch, feed.high));
  }

  async function toNewest(): Promise<void> {
    const { epoch } = feed;
    if (feed.timeline.value.attached || epoch === null) return;
    const loaded = await load(newer, epoch, feed.high, PAGE, (page) => replaced(page, epoch, feed.high));
    // What came during the request is not in the page: it is few, so this ends as soon as the network outruns the room.
    if (loaded) await loadNewer();
  }

  return {
    older,
    newer,
    loadOlder,
    loadNewer,
    toNewest,
    async begin(cursor) {
      const place = parseCursor(cursor);
      if (place === null) return;
      const { epoch, seq } = place;
      const shown = feed.timeline.value;
      const last = lastEvent(shown);
      const anew = last !== undefined && last.epoch !== epoch;
      const base: Timeline = anew ? shown : { entries: [], before: cursor, attached: true };
      feed.timeline.value = base;
      await load(older, epoch, seq, PAGE, (page) => {
        const whole = anew ? extend(base, page, epoch, seq) : replaced(page, epoch, seq);
        // The page ends where reading begins, whatever is left of it.
        return { ...whole, attached: true };
      });
    },
  };
}
