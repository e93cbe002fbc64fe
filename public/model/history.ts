import { type ReadonlySignal, signal } from "@preact/signals";
import { formatCursor, parseCursor } from "../../src/protocol/cursor.ts";
import type { HistoryPage } from "../../src/protocol/http.ts";
import type { Cursor, Epoch } from "../../src/protocol/ids.ts";
import type { Feed } from "./feed.ts";
import { extend, lastEvent, prepend, replaced, type Timeline } from "./timeline.ts";

const PAGE_EVENTS = 50;

export type Loading = "idle" | "busy" | "failed";

/** Loads pages of the room's log and moves the visible window over it. One request at a time per direction. */
export interface History {
  readonly older: ReadonlySignal<Loading>;
  readonly newer: ReadonlySignal<Loading>;
  /**
   * Shows the page up to and including `cursor`, where reading begins. It replaces what is shown of the same log, and
   * follows what is shown of another one.
   */
  begin(cursor: Cursor): Promise<void>;
  loadOlder(): Promise<void>;
  /** Loads what follows the window, if it doesn't end at the head. */
  loadNewer(): Promise<void>;
  /** Moves the window to the head. */
  toNewest(): Promise<void>;
}

type RequestPage = (before: Cursor, limit: number) => Promise<HistoryPage>;

export function createHistory(feed: Feed, requestPage: RequestPage): History {
  const older = signal<Loading>("idle");
  const newer = signal<Loading>("idle");

  /** Requests a page and merges it with `merge`. Resolves with false if a request is under way already, or fails. */
  async function load(
    progress: typeof older,
    epoch: Epoch,
    seq: number,
    limit: number,
    merge: (page: HistoryPage) => Timeline,
  ): Promise<boolean> {
    if (progress.value === "busy") return false;
    progress.value = "busy";
    try {
      const page = await requestPage(formatCursor(epoch, seq), limit);
      feed.timeline.value = merge(page);
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
    await load(older, epoch, seq, PAGE_EVENTS, (page) => prepend(feed.timeline.value, page, epoch));
  }

  async function loadNewer(): Promise<void> {
    const { epoch, high } = feed;
    const last = lastEvent(feed.timeline.value);
    if (feed.timeline.value.attached || epoch === null) return;
    if (last === undefined || last.epoch !== epoch) return toNewest();
    const to = Math.min(last.event.seq + PAGE_EVENTS, high);
    const limit = Math.max(1, to - last.event.seq);
    await load(newer, epoch, to, limit, (page) => extend(feed.timeline.value, page, epoch, feed.high));
  }

  async function toNewest(): Promise<void> {
    const { epoch } = feed;
    if (feed.timeline.value.attached || epoch === null) return;
    const loaded = await load(newer, epoch, feed.high, PAGE_EVENTS, (page) => replaced(page, epoch, feed.high));
    // Events that arrived during the request are not in the page. Later ones are loaded as the end of the list comes near.
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
      const newLog = last !== undefined && last.epoch !== epoch;
      const base: Timeline = newLog ? shown : { entries: [], before: cursor, attached: true };
      feed.timeline.value = base;
      await load(older, epoch, seq, PAGE_EVENTS, (page) => {
        const merged = newLog ? extend(base, page, epoch, seq) : replaced(page, epoch, seq);
        // The page ends where reading begins, even if events are missing from it.
        return { ...merged, attached: true };
      });
    },
  };
}
