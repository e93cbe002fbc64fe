/** Sentences about a run and its weather. */
import type { WeatherEntry } from "../../engine/run.ts";
import { presetOf } from "../../engine/weather.ts";
import { bytesText, transportTitle } from "../format.ts";
import type { ShippedFacts } from "./shipped-runs.ts";

/** Returns how long a run lasts and how large its file is. */
export function sizeOf({ durationMs, bytes: size }: Pick<ShippedFacts, "durationMs" | "bytes">): string {
  return `${Math.round(durationMs / 1_000)} s · ${bytesText(size)}`;
}

/** Returns in one sentence what happens to the messages of a run. */
export function outcomeOf({ lanes }: ShippedFacts): string {
  const losers = lanes.filter(({ lost }) => lost > 0);
  const most = Math.max(0, ...lanes.map(({ sent }) => sent));
  if (losers.length === 0) return `No lane loses any of the ${most} messages.`;
  const each = losers.map(({ transport, lost }) => `${transportTitle(transport)} ${lost}`);
  return `Lost of ${most} messages: ${each.join(", ")}.`;
}

/** Returns the weather's title. */
export function weatherTitle(entry: WeatherEntry | undefined): string {
  if (entry === undefined) return "No weather yet";
  return entry.preset === undefined ? "Custom weather" : (presetOf(entry.preset)?.title ?? entry.preset);
}

/** Returns what a preset does; nothing for custom weather. */
export function weatherSays(entry: WeatherEntry | undefined): string {
  return entry?.preset === undefined ? "" : (presetOf(entry.preset)?.description ?? "");
}
