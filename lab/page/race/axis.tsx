import { computed, type ReadonlySignal, type Signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { LaneNumber } from "../../engine/run.ts";
import { span } from "../model/figures.ts";
import type { Show } from "../model/show.ts";
import type { Painted } from "./paint.ts";

interface AxisProps {
  readonly show: Show;
  readonly spanMs: ReadonlySignal<number>;
  readonly painted: ReadonlyMap<LaneNumber, Signal<Painted>>;
}

const TICKS = [1, 0.75, 0.5, 0.25, 0];

/** The time axis under the lanes, counted from its right edge; it stands while the lanes move. */
export function Axis({ show, spanMs, painted }: AxisProps) {
  // A signal of its own, so that a frame that draws as much as the one before it redraws no words.
  const sampling = useMemo(
    () =>
      computed(() => {
        const all = [...painted.values()].map(({ value }) => value);
        const there = all.reduce((sum, { there: one }) => sum + one, 0);
        const drawn = all.reduce((sum, { drawn: one }) => sum + one, 0);
        return drawn >= there ? "" : `sampled: ${Math.floor((drawn / there) * 100)} % of it is drawn`;
      }),
    [painted],
  );
  const live = show.playhead.mode.value === "live";
  return (
    <div class="axis figure">
      <p class="axis-legend">
        above: the client, below: the server
        {sampling.value !== "" && <strong data-sampled=""> · {sampling.value}</strong>}
      </p>
      <div class="axis-ticks">
        {TICKS.map((part) => (
          <span key={part}>{part === 0 ? (live ? "now" : "here") : `−${span(spanMs.value * part)}`}</span>
        ))}
      </div>
      <span />
    </div>
  );
}
