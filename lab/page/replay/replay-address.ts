/** What a replay's address carries: the run, the position in it, and what is shown. */
import type { Signal } from "@preact/signals";
import { useAddress } from "../address.ts";
import { hiddenIn, type RaceSettings, spanFor, spanIn } from "../model/race-settings.ts";
import type { Opened } from "./run-library.ts";

export type ReplayTab = "race" | "wire";

/** What an address shows: `/lab/replay?run=tunnel&at=12000&view=wire`. */
interface ReplayPlace {
  /** The name of a run that the page ships with; null if none is open, or one from a file, which can't be linked to. */
  readonly run: string | null;
  /** Where it is paused, ms after the start of the run; null while it plays. */
  readonly at: number | null;
  readonly tab: ReplayTab;
  readonly spanMs: number;
  readonly hidden: readonly string[];
}

export function replayPlaceOf(query: URLSearchParams): ReplayPlace {
  const at = query.get("at");
  return {
    run: query.get("run"),
    at: at !== null && /^[0-9]{1,12}$/.test(at) ? Number(at) : null,
    tab: query.get("view") === "wire" ? "wire" : "race",
    spanMs: spanIn(query),
    hidden: hiddenIn(query),
  };
}

/** Returns `query` with the place in it. Other parameters, such as those of the wire view, are kept. */
export function queryFor({ run, at, tab, spanMs, hidden }: ReplayPlace, query: URLSearchParams): string {
  const next = new URLSearchParams(query);
  const put = (name: string, value: string | null): void => {
    if (value === null) next.delete(name);
    else next.set(name, value);
  };
  put("run", run);
  put("at", run === null || at === null ? null : at.toFixed(0));
  put("view", tab === "wire" ? tab : null);
  put("span", spanMs === spanFor(1) ? null : String(spanMs));
  put("hide", hidden.length === 0 ? null : hidden.join(","));
  const all = next.toString().replaceAll("%2C", ",");
  return all === "" ? "" : `?${all}`;
}

/** Keeps the address up to date with what is shown of a run. */
export function useReplayAddress(
  { shipped, playback: { playhead } }: Opened,
  tab: Signal<ReplayTab>,
  settings: RaceSettings,
): void {
  useAddress(() => {
    const place = {
      run: shipped?.name ?? null,
      at: playhead.mode.value === "paused" ? playhead.at.value - playhead.start() : null,
      tab: tab.value,
      spanMs: settings.spanMs.value,
      hidden: settings.hidden.value,
    };
    return () => `${location.pathname}${queryFor(place, new URLSearchParams(location.search))}${location.hash}`;
  });
}
