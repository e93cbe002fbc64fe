/** What the wire view shows: which messages are listed, which one is selected, and which of its bytes. */
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Span } from "../../../engine/decoder/index.ts";
import type { Direction } from "../../../engine/weather.ts";
import type { Playback } from "../../model/playback.ts";
import { ALL, FilteredItems, type ListFilter } from "./list-filter.ts";
import { indexOfSpan, type Side, shownOf } from "./message-bytes.ts";
import { type ByteAddress, type Item, WireRecord } from "./wire-record.ts";

/** A byte of the selected message. */
export interface BytePosition {
  readonly direction: Direction;
  readonly offset: number;
}

/** A span and the side it is in. */
export interface FoundSpan {
  readonly side: Side;
  readonly span: Span;
}

export interface Wire {
  readonly record: WireRecord;
  readonly filter: Signal<ListFilter>;
  /** Whether the list stays at its newest entry. */
  readonly follow: Signal<boolean>;
  readonly items: ReadonlySignal<readonly Item[]>;
  readonly selected: ReadonlySignal<Item | null>;
  /** A byte in the selected span. */
  readonly spot: ReadonlySignal<BytePosition | null>;
  /** The bytes of the selected message, by direction. */
  readonly sides: ReadonlySignal<readonly Side[]>;
  /** The selected span. */
  readonly span: ReadonlySignal<FoundSpan | null>;
  /** The span under the mouse or the keyboard focus. */
  readonly hovered: ReadonlySignal<FoundSpan | null>;
  /** Whether the visitor made the selection. Otherwise the page did, to show something at first. */
  readonly chosen: ReadonlySignal<boolean>;
  /** Increases when the record has grown. */
  readonly revision: ReadonlySignal<number>;
  /** Reads new entries of the run, up to the playhead. */
  refresh(): void;
  select(item: Item | null, spot?: BytePosition): void;
  /** Selects the span with this byte. */
  selectSpan(spot: BytePosition): void;
  /** Shows the span with this byte without selecting it; null ends that. */
  hover(spot: BytePosition | null): void;
  /** Moves the selection by this many spans, at most to the first or last one. Negative: back. */
  step(by: number): void;
  /** Selects the message with this byte, as soon as it exists. */
  open(place: ByteAddress): void;
}

export function createWire(playback: Playback): Wire {
  const record = new WireRecord();
  const filtered = new FilteredItems();
  const revision = signal(0);
  const until = signal(0);
  const filter = signal<ListFilter>(ALL);
  const selected = signal<Item | null>(null);
  const spot = signal<BytePosition | null>(null);
  const hoveredAt = signal<BytePosition | null>(null);
  const chosen = signal(false);
  let sought: ByteAddress | null = null;
  let run = playback.run.peek();

  const items = computed(() => {
    void revision.value;
    const matches = filtered.apply(record, filter.value);
    return matches.slice(0, countUntil(matches, until.value));
  });
  const sides = computed(() => {
    void revision.value;
    return selected.value === null ? [] : shownOf(record, selected.value, until.value);
  });
  const span = computed(() => foundAt(sides.value, spot.value));
  const hovered = computed(() => foundAt(sides.value, hoveredAt.value));

  function put(item: Item | null, at?: BytePosition): void {
    const direction = item?.message.up === null ? "down" : "up";
    const range = item?.message[direction] ?? null;
    batch(() => {
      hoveredAt.value = null;
      selected.value = item;
      spot.value = at ?? (range === null ? null : { direction, offset: range.from });
    });
  }

  const wire: Wire = {
    record,
    filter,
    follow: signal(true),
    items,
    selected,
    spot,
    sides,
    span,
    hovered,
    chosen,
    revision,
    refresh() {
      batch(() => {
        if (playback.run.peek() !== run) {
          run = playback.run.peek();
          chosen.value = false;
          put(null);
        }
        record.take(run, playback.dropped.peek());
        until.value = playback.playhead.at.peek();
        revision.value += 1;
      });
      const item = sought === null ? undefined : record.itemAt(sought);
      if (item !== undefined && sought !== null) wire.select(item, sought);
      else if (selected.peek() === null) put(exampleIn(items.peek()));
    },
    select(item, at) {
      sought = null;
      chosen.value = true;
      put(item, at);
    },
    selectSpan(at) {
      chosen.value = true;
      spot.value = { direction: at.direction, offset: at.offset };
    },
    hover(at) {
      hoveredAt.value = at;
    },
    step(by) {
      const all = sides.value.flatMap((side) =>
        side.spans.map(({ from }) => ({ direction: side.direction, offset: from })),
      );
      const now = span.value;
      const index = all.findIndex(
        ({ direction, offset }) => direction === now?.side.direction && offset === now.span.from,
      );
      const next = all[Math.min(Math.max(index + by, 0), all.length - 1)];
      if (next !== undefined) wire.selectSpan(next);
    },
    open(place) {
      sought = place;
    },
  };
  return wire;
}

function foundAt(sides: readonly Side[], at: BytePosition | null): FoundSpan | null {
  const side = sides.find(({ direction }) => direction === at?.direction);
  const span = at === null ? undefined : side?.spans[indexOfSpan(side.spans, at.offset)];
  return side === undefined || span === undefined ? null : { side, span };
}

/** Returns the newest exchange with a response that carried a message, else the newest with a response. */
function exampleIn(items: readonly Item[]): Item | null {
  const whole = items.filter(({ message }) => message.up !== null && message.down !== null);
  return whole.findLast(({ message }) => message.types.includes("message")) ?? whole.at(-1) ?? null;
}

/** Returns how many of `items` had begun at `until`. */
function countUntil(items: readonly Item[], until: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.at ?? 0) <= until) low = middle + 1;
    else high = middle;
  }
  return low;
}
