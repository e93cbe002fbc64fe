import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Show } from "./show.ts";

/** Figures that change faster can't be read. */
const EVERY_MS = 250;

/** The playhead for what is read and not looked at: a few times a second while it moves, exact when it stands. */
export interface Moment {
  readonly at: ReadonlySignal<number>;
  end(): void;
}

/** `now`: real time, ms. */
export function createMoment({ playhead, revision }: Show, now: () => number): Moment {
  const at = signal(playhead.at.peek());
  let last = Number.NEGATIVE_INFINITY;
  const stop = effect(() => {
    const wanted = playhead.at.value;
    void revision.value;
    if (playhead.mode.value !== "paused" && now() - last < EVERY_MS) return;
    last = now();
    at.value = wanted;
  });
  return { at, end: stop };
}
