import { type Signal, useSignalEffect } from "@preact/signals";
import type { Desk } from "../model/desk.ts";
import { queryFor, type ReplayTab } from "./address.ts";
import type { Opened } from "./library.ts";

/** Browsers take no more than some hundred changes of the address a minute. */
const SETTLED_MS = 300;

/** Keeps in the address what is shown of a run, so that it can be linked to. */
export function useReplayAddress({ shipped, show: { playhead } }: Opened, tab: Signal<ReplayTab>, desk: Desk): void {
  useSignalEffect(() => {
    const place = {
      run: shipped?.name ?? null,
      at: playhead.mode.value === "paused" ? playhead.at.value - playhead.start() : null,
      tab: tab.value,
      spanMs: desk.spanMs.value,
      hidden: desk.hidden.value,
    };
    const timer = setTimeout(() => {
      const query = queryFor(place, new URLSearchParams(location.search));
      history.replaceState(history.state, "", `${location.pathname}${query}${location.hash}`);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  });
}
