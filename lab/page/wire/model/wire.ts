import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Span } from "../../../engine/decoder/index.ts";
import type { Direction } from "../../../engine/weather.ts";
import type { Show } from "../../model/show.ts";
import { ALL, Filter, type Wanted } from "./filter.ts";
import type { Place } from "./place.ts";
import { type Item, WireRecord } from "./record.ts";
import { indexOfSpan } from "./rows.ts";
import { type Side, shownOf } from "./shown.ts";

/** A byte that is looked at, within the selected passage. */
export interface Spot {
  readonly direction: Direction;
  readonly offset: number;
}

/** A span, and the direction it is in. */
export interface Found {
  readonly side: Side;
  readonly span: Span;
}

/** What the wire view shows: a function of the run, the playhead and what is wanted and selected. */
export interface Wire {
  readonly record: WireRecord;
  readonly wanted: Signal<Wanted>;
  /** Whether the list keeps to its end. */
  readonly follow: Signal<boolean>;
  readonly items: ReadonlySignal<readonly Item[]>;
  readonly selected: ReadonlySignal<Item | null>;
  readonly spot: ReadonlySignal<Spot | null>;
  readonly sides: ReadonlySignal<readonly Side[]>;
  readonly span: ReadonlySignal<Found | null>;
  /** The span under the mouse or the keyboard's focus, shown as long as it is there. */
  readonly near: ReadonlySignal<Found | null>;
  /** Whether somebody has chosen what is selected; else the page did, so as not to begin with nothing. */
  readonly chosen: ReadonlySignal<boolean>;
  /** Counts up when the record has grown. */
  readonly beat: ReadonlySignal<number>;
  /** Takes in what the show has now, up to its playhead. */
  refresh(): void;
  select(item: Item | null, spot?: Spot): void;
  look(spot: Spot): void;
  /** Looks at a span without choosing it; null: not any more. */
  glance(spot: Spot | null): void;
  /** So many spans on in the passage, or back; no further than to its first or last. */
  step(by: number): void;
  /** Selects what holds this byte as soon as it is there. */
  open(place: Place): void;
}

export function createWire(show: Show): Wire {
  const record = new WireRecord();
  const filter = new Filter();
  const beat = signal(0);
  const until = signal(0);
  const wanted = signal<Wanted>(ALL);
  const selected = signal<Item | null>(null);
  const spot = signal<Spot | null>(null);
  const glanced = signal<Spot | null>(null);
  const chosen = signal(false);
  let sought: Place | null = null;
  let run = show.run.peek();

  const items = computed(() => {
    void beat.value;
    const matches = filter.apply(record, wanted.value);
    return matches.slice(0, countUntil(matches, until.value));
  });
  const sides = computed(() => {
    void beat.value;
    return selected.value === null ? [] : shownOf(record, selected.value, until.value);
  });
  const span = computed(() => foundAt(sides.value, spot.value));
  const near = computed(() => foundAt(sides.value, glanced.value));

  function put(item: Item | null, at?: Spot): void {
    const direction = item?.passage.up === null ? "down" : "up";
    const stretch = item?.passage[direction] ?? null;
    batch(() => {
      glanced.value = null;
      selected.value = item;
      spot.value = at ?? (stretch === null ? null : { direction, offset: stretch.from });
    });
  }

  const wire: Wire = {
    record,
    wanted,
    follow: signal(true),
    items,
    selected,
    spot,
    sides,
    span,
    near,
    chosen,
    beat,
    refresh() {
      batch(() => {
        if (show.run.peek() !== run) {
          run = show.run.peek();
          chosen.value = false;
          put(null);
        }
        record.take(run, show.dropped.peek());
        until.value = show.playhead.at.peek();
        beat.value += 1;
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
    look(at) {
      chosen.value = true;
      spot.value = { direction: at.direction, offset: at.offset };
    },
    glance(at) {
      glanced.value = at;
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
      if (next !== undefined) wire.look(next);
    },
    open(place) {
      sought = place;
    },
  };
  return wire;
}

function foundAt(sides: readonly Side[], at: Spot | null): Found | null {
  const side = sides.find(({ direction }) => direction === at?.direction);
  const span = at === null ? undefined : side?.spans[indexOfSpan(side.spans, at.offset)];
  return side === undefined || span === undefined ? null : { side, span };
}

/** The newest exchange that is whole and carried a message, else the newest whole one: something to begin with. */
function exampleIn(items: readonly Item[]): Item | null {
  const whole = items.filter(({ passage }) => passage.up !== null && passage.down !== null);
  return whole.findLast(({ passage }) => passage.types.includes("message")) ?? whole.at(-1) ?? null;
}

/** How many of `items` had begun at `until`. */
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
