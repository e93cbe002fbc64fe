import type { ReadonlySignal } from "@preact/signals";
import type { Order } from "../../engine/control.ts";
import type { Run } from "../../engine/run.ts";
import type { Playhead } from "./playhead.ts";
import type { Story } from "./story/story.ts";

/** A run and the eye on it: all that a picture of the laboratory is drawn from, live or replayed. */
export interface Show {
  /** Another object when another run begins. Its `entries` grow in place; `revision` says so. */
  readonly run: ReadonlySignal<Run>;
  /** Counts up when the run has changed, at most once per frame. */
  readonly revision: ReadonlySignal<number>;
  /** Entries that are not there any more, to stay within the memory there is for them. */
  readonly dropped: ReadonlySignal<number>;
  /** What the entries come to, read once. */
  readonly story: ReadonlySignal<Story>;
  readonly playhead: Playhead;
}

/** What a part of the laboratory is given. It draws its own `<main>`. */
export interface ViewProps {
  readonly show: Show;
  /** Gives an order to the visitor's proxies; null where there is none to give one to, as in a replay. */
  readonly order: ((order: Order) => void) | null;
}
