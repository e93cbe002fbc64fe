import type { ReadonlySignal } from "@preact/signals";
import { formatCursor } from "../../src/protocol/cursor.ts";
import type { NumberedEvent } from "../../src/protocol/events.ts";
import type { HistoryPage } from "../../src/protocol/http.ts";
import type { Cursor, Epoch } from "../../src/protocol/ids.ts";
import type { Tally } from "./ledger.ts";

/** How an event came to this page. */
export interface Heard {
  readonly by: string;
  /** Null for what was replayed. */
  readonly latencyMs: number | null;
}

export interface EventEntry {
  readonly kind: "event";
  readonly key: string;
  readonly epoch: Epoch;
  readonly event: NumberedEvent;
  /** Null for what came as history. */
  readonly heard: Heard | null;
  /** When this page sent it, by its own clock; absent for what others said, and for history. */
  readonly saidAt?: number;
}

/** What happened to this page's connection, told at the place in the talk where it happened. */
export type NoteEntry =
  | {
      readonly kind: "switch";
      readonly key: string;
      readonly at: number;
      readonly from: string;
      readonly to: string;
      /** Whether this page's person asked for it; else the client moved by itself. */
      readonly asked: boolean;
      /** Counted from the beginning of the switch up to now, or to the next switch. */
      readonly tally: ReadonlySignal<Tally>;
    }
  | { readonly kind: "gap"; readonly key: string; readonly missed: number | null };

export type Entry = EventEntry | NoteEntry;

/** A window on the room's log, oldest first, at most `MOST` entries of it. */
export interface Timeline {
  readonly entries: readonly Entry[];
  /** Asks for the page before the first entry; null: there is none. */
  readonly before: Cursor | null;
  /** Whether the window ends at the head, so that new events are shown as they come. */
  readonly attached: boolean;
}

/** So many entries are shown at once; beyond it the far end is let go, and fetched again when scrolled to. */
export const MOST = 1_000;
/** Letting go takes so many at once, or every new message would move the whole list. */
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

/** Drops what is over the limit at the old end. */
function trimTop(timeline: Timeline): Timeline {
  if (timeline.entries.length <= MOST) return timeline;
  const entries = timeline.entries.slice(-(MOST - SPARE));
  const first = firstEvent({ ...timeline, entries });
  return { ...timeline, entries, before: first ? formatCursor(first.epoch, first.event.seq - 1) : timeline.before };
}

/** Adds what is new at the new end. `reading`: the old end is looked at, so the new one is let go instead. */
export function append(timeline: Timeline, added: readonly Entry[], reading: boolean): Timeline {
  if (added.length === 0 || !timeline.attached) return timeline;
  const entries = [...timeline.entries, ...sorted(added)];
  if (!reading) return trimTop({ ...timeline, entries });
  return entries.length <= 2 * MOST ? { ...timeline, entries } : { ...timeline, attached: false };
}

/** Events of one batch in the order of their numbers; notes stay behind what they followed. */
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
    .map((event) => ({ kind: "event", key: eventKey(epoch, event.seq), epoch, event, heard: null }));
}

/** Puts a page of the past before the first entry; too much is let go at the new end. */
export function prepend(timeline: Timeline, page: HistoryPage, epoch: Epoch): Timeline {
  const first = firstEvent(timeline);
  const to = first !== undefined && first.epoch === epoch ? first.event.seq - 1 : Number.MAX_SAFE_INTEGER;
  const entries = [...entriesOf(page, epoch, 1, to), ...timeline.entries];
  const whole = { ...timeline, entries, before: page.cursor };
  return entries.length <= MOST + SPARE ? whole : { ...whole, entries: entries.slice(0, MOST), attached: false };
}

/** Puts a page behind the last entry of a window that does not end at the head. `high`: the head's number. */
export function extend(timeline: Timeline, page: HistoryPage, epoch: Epoch, high: number): Timeline {
  const last = lastEvent(timeline);
  const from = last?.epoch === epoch ? last.event.seq + 1 : 1;
  const entries = [...timeline.entries, ...entriesOf(page, epoch, from, Number.MAX_SAFE_INTEGER)];
  const grown = { ...timeline, entries };
  return trimTop({ ...grown, attached: (lastEvent(grown)?.event.seq ?? 0) >= high });
}

/** The window moved to `page`. */
export function replaced(page: HistoryPage, epoch: Epoch, high: number): Timeline {
  return extend({ entries: [], before: page.cursor, attached: false }, page, epoch, high);
}
