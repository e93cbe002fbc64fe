import { CALM, type LinkConditions, type Weather } from "../../lab/engine/weather.ts";
import { pick } from "../support/random.ts";

const OPEN = CALM.up;

/** Probability of calm weather, so that members catch up from time to time. */
const CALM_SHARE = 0.4;

type Maker = (random: () => number) => Partial<Weather>;

const between = (low: number, high: number, random: () => number): number => Math.round(low + (high - low) * random());

const link = (part: Partial<LinkConditions>): LinkConditions => ({ ...OPEN, ...part });

const both = (part: Partial<LinkConditions>): Partial<Weather> => ({ up: link(part), down: link(part) });

const MAKERS: Readonly<Record<string, Maker>> = {
  delay: (random) => both({ delayMs: between(50, 900, random) }),
  jitter: (random) => both({ delayMs: 20, jitterMs: between(50, 2_500, random) }),
  "slow up": (random) => ({ up: link({ delayMs: between(200, 2_500, random), jitterMs: 1_500 }) }),
  narrow: (random) => both({ bytesPerSecond: between(2_000, 40_000, random) }),
  crumbs: () => both({ packetBytes: 1 }),
  packets: (random) => both({ packetBytes: between(2, 40, random), jitterMs: 5 }),
  "cuts by fin": (random) => ({ cut: { how: "fin", everyMs: between(200, 2_000, random) } }),
  "cuts by rst": (random) => ({ cut: { how: "rst", everyMs: between(200, 2_000, random) } }),
  "cuts by silence": (random) => ({ cut: { how: "silence", everyMs: between(400, 2_500, random) } }),
  stalls: (random) => ({ stall: { everyMs: 800, forMs: between(100, 900, random) } }),
  "idle limit": (random) => ({ idleCutMs: between(150, 800, random) }),
  buffering: () => ({ buffers: true }),
  "no upgrades": () => ({ stripsUpgrade: true }),
  refusing: () => ({ refuses: true }),
  "everything at once": (random) => ({
    ...both({ delayMs: 30, jitterMs: 200, packetBytes: 100, bytesPerSecond: 60_000 }),
    cut: { how: pick(["fin", "rst", "silence"] as const, random), everyMs: 1_500 },
    stall: { everyMs: 2_000, forMs: 300 },
  }),
};

/** Names of all weathers except calm. */
export const WEATHER_NAMES: readonly string[] = Object.keys(MAKERS);

/** Returns random weather and its name. */
export function someWeather(random: () => number): { readonly name: string; readonly weather: Weather } {
  if (random() < CALM_SHARE) return { name: "calm", weather: CALM };
  const name = pick(WEATHER_NAMES, random);
  return { name, weather: { ...CALM, ...MAKERS[name]?.(random) } };
}
