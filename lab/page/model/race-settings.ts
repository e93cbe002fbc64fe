/** The settings of the race screen that belong to no lane, and how an address carries all settings of a race. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { RunLane } from "../../engine/run.ts";
import { PRESETS } from "../../engine/weather.ts";
import type { LabRequest } from "./lab.ts";
import type { Speaker } from "./message-sender.ts";

/** What is shown of a run, and how fast messages are sent. */
export interface RaceSettings {
  /** How much time the lanes show, ms. */
  readonly spanMs: ReadonlySignal<number>;
  /** Transports whose lanes are not drawn. */
  readonly hidden: ReadonlySignal<readonly string[]>;
  /** Messages per second while they are sent at a rate. */
  readonly perSecond: ReadonlySignal<number>;
  zoom(wider: boolean): void;
  /** Sets the span that suits a playback speed. */
  fitSpan(speed: number): void;
  toggle(transport: string): void;
  setPerSecond(perSecond: number): void;
}

/** Rates to choose from, messages per second. */
export const RATES = [1, 2, 5, 10, 20, 50] as const;
/** Playback speeds to choose from: 1 is real time. */
export const SPEEDS = [1, 0.25, 0.1, 0.01] as const;
/** Spans to choose from, ms. */
const SPANS = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000] as const;
/** The default span holds what passes in five seconds of watching. */
const WATCHED_MS = 5_000;

/** `query`: that of the page's address. */
export function createRaceSettings(query: URLSearchParams): RaceSettings {
  const spanMs = signal(spanIn(query));
  const hidden = signal<readonly string[]>(hiddenIn(query));
  const perSecond = signal<number>(RATES.find((rate) => String(rate) === query.get("rate")) ?? 2);
  return {
    spanMs,
    hidden,
    perSecond,
    zoom(wider) {
      spanMs.value = zoomed(spanMs.value, wider);
    },
    fitSpan(speed) {
      spanMs.value = spanFor(speed);
    },
    toggle(transport) {
      const others = hidden.value.filter((name) => name !== transport);
      hidden.value = others.length < hidden.value.length ? others : [...others, transport];
    },
    setPerSecond(next) {
      perSecond.value = next;
    },
  };
}

/** Returns the span in an address, else the default. */
export function spanIn(query: URLSearchParams): number {
  return SPANS.find((span) => String(span) === query.get("span")) ?? spanFor(1);
}

/** Returns the hidden transports in an address. */
export function hiddenIn(query: URLSearchParams): readonly string[] {
  return query.get("hide")?.split(",") ?? [];
}

/** Returns the span that suits a playback speed. */
export function spanFor(speed: number): number {
  const wanted = WATCHED_MS * speed;
  return SPANS.reduce((best, span) => (Math.abs(span - wanted) < Math.abs(best - wanted) ? span : best), SPANS[0]);
}

/** Returns the next wider or narrower span. */
function zoomed(spanMs: number, wider: boolean): number {
  const place = SPANS.findIndex((span) => span >= spanMs);
  const next = place + (wider ? 1 : -1);
  return SPANS[Math.min(Math.max(next, 0), SPANS.length - 1)] ?? spanMs;
}

const HIGHEST_SEED = 4_294_967_295;

/** Reads what an address asks the laboratory for: `?weather=train-tunnel&seed=7&naive=sse,websocket&from=sse`. */
export function labRequestIn(query: URLSearchParams): LabRequest {
  const seed = Number(query.get("seed") ?? 1);
  return {
    preset: query.get("weather"),
    seed: Number.isInteger(seed) && seed >= 0 && seed <= HIGHEST_SEED ? seed : 1,
    naive: query.get("naive")?.split(",") ?? [],
    speaker: query.get("from"),
  };
}

/** All settings that a link to the race carries. */
export interface LinkedRace {
  readonly weather: string | null;
  readonly seed: number;
  readonly lanes: readonly RunLane[];
  readonly speaker: Speaker;
  readonly spanMs: number;
  readonly hidden: readonly string[];
  readonly perSecond: number;
}

/** Returns the query of a link. Defaults are left out. */
export function queryOf({ weather, seed, lanes, speaker, spanMs, hidden, perSecond }: LinkedRace): string {
  const naive = lanes.filter((lane) => lane.naive).map(({ transport }) => transport);
  const from = lanes.find(({ lane }) => lane === speaker)?.transport;
  const query = new URLSearchParams();
  if (weather !== null && weather !== PRESETS[0]?.name) query.set("weather", weather);
  if (seed !== 1) query.set("seed", String(seed));
  if (naive.length > 0) query.set("naive", naive.join(","));
  if (from !== undefined) query.set("from", from);
  if (spanMs !== spanFor(1)) query.set("span", String(spanMs));
  if (hidden.length > 0) query.set("hide", hidden.join(","));
  if (perSecond !== 2) query.set("rate", String(perSecond));
  return query.toString().replaceAll("%2C", ",");
}
