import type { WeatherEntry } from "../../engine/run.ts";
import { presetOf } from "../../engine/weather.ts";
import { bytes } from "../model/figures.ts";
import { titleOf } from "../race/title.ts";
import type { ShippedFacts } from "./shipped.ts";

/** How long a run lasts, and how large its file is. */
export function sizeOf({ durationMs, bytes: size }: Pick<ShippedFacts, "durationMs" | "bytes">): string {
  return `${Math.round(durationMs / 1_000)} s · ${bytes(size)}`;
}

/** What becomes of the messages of a run, in one sentence. */
export function outcomeOf({ lanes }: ShippedFacts): string {
  const losers = lanes.filter(({ lost }) => lost > 0);
  const most = Math.max(0, ...lanes.map(({ sent }) => sent));
  if (losers.length === 0) return `Of ${most} messages no lane loses one.`;
  const each = losers.map(({ transport, lost }) => `${titleOf(transport)} ${lost}`);
  return `Lost of ${most} messages: ${each.join(", ")}.`;
}

/** Minutes and seconds. */
export function clock(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
}

/** What to call the weather. */
export function weatherTitle(entry: WeatherEntry | undefined): string {
  if (entry === undefined) return "No weather";
  return entry.preset === undefined ? "Weather made by hand" : (presetOf(entry.preset)?.title ?? entry.preset);
}

/** What it does, as far as that is known by its name. */
export function weatherSays(entry: WeatherEntry | undefined): string {
  return entry?.preset === undefined ? "" : (presetOf(entry.preset)?.description ?? "");
}
