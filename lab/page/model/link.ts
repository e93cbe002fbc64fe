import type { RunLane } from "../../engine/run.ts";
import { PRESETS } from "../../engine/weather.ts";
import type { LabWishes } from "./lab.ts";
import type { Speaker } from "./roster.ts";
import { spanFor } from "./span.ts";

const NAIVE = "naive";
const SEEDS = 4_294_967_295;

/** What an address asks the laboratory for: `?weather=train-tunnel&seed=7&naive=sse,websocket&from=sse`. */
export function wishesOf(query: URLSearchParams): LabWishes {
  const seed = Number(query.get("seed") ?? 1);
  return {
    preset: query.get("weather"),
    seed: Number.isInteger(seed) && seed >= 0 && seed <= SEEDS ? seed : 1,
    naive: query.get(NAIVE)?.split(",") ?? [],
    speaker: query.get("from"),
  };
}

/** What is set on the race's page. */
export interface Settings {
  readonly weather: string | null;
  readonly seed: number;
  readonly lanes: readonly RunLane[];
  readonly speaker: Speaker;
  readonly spanMs: number;
  readonly hidden: readonly string[];
  readonly perSecond: number;
}

/** The address's query that says so; what is as it is at the beginning is left out. */
export function queryOf({ weather, seed, lanes, speaker, spanMs, hidden, perSecond }: Settings): string {
  const naive = lanes.filter((lane) => lane.naive).map(({ transport }) => transport);
  const from = lanes.find(({ lane }) => lane === speaker)?.transport;
  const query = new URLSearchParams();
  if (weather !== null && weather !== PRESETS[0]?.name) query.set("weather", weather);
  if (seed !== 1) query.set("seed", String(seed));
  if (naive.length > 0) query.set(NAIVE, naive.join(","));
  if (from !== undefined) query.set("from", from);
  if (spanMs !== spanFor(1)) query.set("span", String(spanMs));
  if (hidden.length > 0) query.set("hide", hidden.join(","));
  if (perSecond !== 2) query.set("rate", String(perSecond));
  return query.toString().replaceAll("%2C", ",");
}
