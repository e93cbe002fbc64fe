import type { ReadonlySignal } from "@preact/signals";
import { formatCursor } from "../../src/protocol/cursor.ts";
import type { DurableEvent } from "../../src/protocol/events.ts";
import type { HistoryPage } from "../../src/protocol/http.ts";
import type { Cursor, Epoch } from "../../src/protocol/ids.ts";
import type { Tally } from "./ledger.ts";

/** How an event arrived on this page. */
export interface Arrival {
  /** Name of the transport. */
  readonly by: string;
  /** Null for a replayed event. */
  readonly latencyMs: number | null;
}

export interface EventEntry {
  readonly kind: "event";
  readonly key: string;
  readonly epoch: Epoch;
  readonly event: DurableEvent;
  /** Null for an event loaded from the history. */
  readonly arrival: Arrival | null;
  /** When this page sent it, by its own clock. Absent for messages of others and for history. */
  readonly sentAt?: number;
}

/** A note about this page's connection, at the place in the conversation where it happened. */
export type NoteEntry =
  | {
      readonly kind: "switch";
      readonly key: string;
      readonly at: number;
      readonly from: string;
      readonly to: string;
      /** Whether the person requested it. Otherwise the client switched automatically. */
      readonly requested: boolean;
      /** Counted from the start of the switch until now, or until the next switch. */
      readonly tally: ReadonlySignal<Tally>;
    }
  | { readonly kind: "gap"; readonly key: string; readonly missed: number | null };

export type Entry = EventEntry | NoteEntry;

/** A window over the room's log, oldest first, of about `MAX_ENTRIES` entries. */
export interface Timeline {
  readonly entries: readonly Entry[];
  /** The cursor of the page before the first entry; null if there is none. */
  readonly before: Cursor | null;
  /** Whether the window ends at the head, so that new events are shown as they arrive. */
  readonly attached: boolean;
}

/** The most entries shown at once. Beyond it the far end is dropped, and loaded again when it is scrolled to. */
export const MAX_ENTRIES = 1_000;
/** Entries are dropped in batches of this size; otherwise every new message would move the whole list. */
const SPARE = 200;

export const EMPTY: Timeline = { entries: [], before: null, attached: true };

export function eventKey(epoch: Epoch, seq: number): string {
  return `${epoch}-${seq}`;
}

export function firstEvent(timeline: Timeline): EventEntry | undefined {
  return timeline.entries.find((entry) => entry.kind === "event");
}

export function lastEvent(timeline: Timeline): EventEntry | undefined {
  return timeline.entries.findLast((entry) => entry.kind === "event");
}

/**
 * Appends new entries, and drops the oldest if there are too many. While the person is `reading` further up, keeps twice
 * as many, then leaves the new ones out.
 */
export function append(timeline: Timeline, added: readonly Entry[], reading: boolean): Timeline {
  if (added.length === 0 || !timeline.attached) return timeline;
  const entries = [...timeline.entries, ...sorted(added)];
  if (!reading) return trimTop({ ...timeline, entries });
  return entries.length <= 2 * MAX_ENTRIES ? { ...timeline, entries } : { ...timeline, attached: false };
}

/** Inserts a page of history before the first entry. Drops entries at the new end if there are too many. */
export function prepend(timeline: Timeline, page: HistoryPage, epoch: Epoch): Timeline {
  const first = firstEvent(timeline);
  const to = first !== undefined && first.epoch === epoch ? first.event.seq - 1 : Number.MAX_SAFE_INTEGER;
  const entries = [...entriesOf(page, epoch, 1, to), ...timeline.entries];
  const grown = { ...timeline, entries, before: page.cursor };
  return entries.length <= MAX_ENTRIES + SPARE
    ? grown
    : { ...grown, entries: entries.slice(0, MAX_ENTRIES), attached: false };
}

/** Appends a page to a window that doesn't end at the head. `high`: the head's number. */
export function extend(timeline: Timeline, page: HistoryPage, epoch: Epoch, high: number): Timeline {
  const last = lastEvent(timeline);
  const from = last?.epoch === epoch ? last.event.seq + 1 : 1;
  const entries = [...timeline.entries, ...entriesOf(page, epoch, from, Number.MAX_SAFE_INTEGER)];
  const grown = { ...timeline, entries };
  return trimTop({ ...grown, attached: (lastEvent(grown)?.event.seq ?? 0) >= high });
}

/** Returns a window of nothing but `page`. */
export function replaced(page: HistoryPage, epoch: Epoch, high: number): Timeline {
  return extend({ entries: [], before: page.cursor, attached: false }, page, epoch, high);
}

/** Drops what is over the limit at the old end. */
function trimTop(timeline: Timeline): Timeline {
  if (timeline.entries.length <= MAX_ENTRIES) return timeline;
  const entries = timeline.entries.slice(-(MAX_ENTRIES - SPARE));
  const first = firstEvent({ ...timeline, entries });
  return { ...timeline, entries, before: first ? formatCursor(first.epoch, first.event.seq - 1) : timeline.before };
}

/** Sorts the events of one batch by number. A note stays behind the entry it followed. */
function sorted(added: readonly Entry[]): readonly Entry[] {
  const late = added.some((entry, index) => {
    const previous = added[index - 1];
    return entry.kind === "event" && previous?.kind === "event" && previous.event.seq > entry.event.seq;
  });
  if (!late) return added;
  return added.toSorted((a, b) =>
    a.kind === "event" && b.kind === "event" && a.epoch === b.epoch ? a.event.seq - b.event.seq : 0,
  );
}

function entriesOf(page: HistoryPage, epoch: Epoch, from: number, to: number): readonly EventEntry[] {
  return page.events
    .filter(({ seq }) => seq >= from && seq <= to)
    .map((event) => ({ kind: "event", key: eventKey(epoch, event.seq), epoch, event, arrival: null }));
}
