import { derived } from "../../lab/engine/proxy/random.ts";
import { pick } from "../support/random.ts";
import { type Deed, HANDSHAKE_FATES, HANDSHAKE_STEPS, type Place, type Planned } from "./deeds.ts";
import { someWeather } from "./weathers.ts";

/** What a plan is made from: nothing else has a say in it. */
export interface PlanOptions {
  readonly seed: number;
  /** How long deeds are done, ms. */
  readonly forMs: number;
  readonly transports: readonly string[];
  /** The transport each member keeps; null: it switches. */
  readonly members: readonly (string | null)[];
  /** Light readers of a storm; 0: no storms. */
  readonly stormReaders: number;
}

type Random = () => number;

const MINUTE_MS = 60_000;

/** From a storm's beginning to the server's death in it: all readers have come by then, or most. */
const STORM_MS_PER_READER = 5;

/** The share of members' deeds that test a handshake step by step. */
const TRIPS = 0.4;

/** All that will be done, in order. The same options give the same plan. */
export function planFor(options: PlanOptions): Planned[] {
  const { forMs, members, seed } = options;
  const steps = [
    ...serverTrack(options),
    ...members.flatMap((_, place) => skyTrack(place, forMs, derived(seed, "sky", place))),
    ...members.flatMap((transport, place) => handTrack(options, place, transport)),
    ...members.flatMap((transport, place) => (transport === null ? turnTrack(options, place) : [])),
    ...burdens(options),
  ];
  return steps.filter(({ at }) => at < forMs).toSorted((one, other) => one.at - other.at);
}

function track(forMs: number, fromMs: number, toMs: number, random: Random, next: () => Deed): Planned[] {
  const planned: Planned[] = [];
  const rest = (): number => fromMs + (toMs - fromMs) * random();
  for (let at = rest(); at < forMs; at += rest()) planned.push({ at: Math.round(at), deed: next() });
  return planned;
}

/** Restarts by turns with and without notice; between them the loop stands still or the clock jumps. */
function serverTrack({ forMs, seed }: PlanOptions): Planned[] {
  const ends = derived(seed, "server", 0);
  let restarts = 0;
  const restart = (): Deed => {
    restarts += 1;
    return { kind: restarts % 2 === 1 ? "kill" : "drain" };
  };
  const trouble = derived(seed, "server", 1);
  const upset = (): Deed =>
    trouble() < 0.5
      ? { kind: "block", forMs: Math.round(100 + 1_900 * trouble()) }
      : { kind: "jump", byMs: pick([-3_600_000, -60_000, -1_500, 700, 30_000, 3_600_000], trouble) };
  return [...track(forMs, 4_000, 9_000, ends, restart), ...track(forMs, 2_000, 5_000, trouble, upset)];
}

function skyTrack(place: Place, forMs: number, random: Random): Planned[] {
  return track(forMs, 1_000, 5_000, random, () => ({ kind: "weather", place, ...someWeather(random) }));
}

/** What a member does, and what is done to its connections on purpose. */
function handTrack({ seed, forMs, transports }: PlanOptions, place: Place, transport: string | null): Planned[] {
  const random = derived(seed, "hand", place);
  const trips = combinations(random);
  let tripped = 0;
  return track(forMs, 1_000, 4_500, random, (): Deed => {
    if (random() < TRIPS) {
      const combination = trips[tripped % trips.length];
      tripped += 1;
      if (combination !== undefined) {
        return { kind: "trip", place, to: transport === null ? pick(transports, random) : null, ...combination };
      }
    }
    const forHowLong = Math.round(100 + 1_500 * random());
    return pick<Deed>(
      [
        { kind: "cut", place, how: pick(["fin", "rst", "silence"] as const, random) },
        { kind: "stall", place, forMs: forHowLong },
        { kind: "refuse", place, forMs: forHowLong },
        { kind: "reload", place, awayMs: forHowLong },
        { kind: "vanish", place, awayMs: forHowLong * 4 },
      ],
      random,
    );
  });
}

/** Live switching, whatever else happens. */
function turnTrack({ seed, forMs, transports }: PlanOptions, place: Place): Planned[] {
  const random = derived(seed, "turn", place);
  return track(forMs, 500, 2_500, random, () => ({ kind: "switch", place, to: pick(transports, random) }));
}

/** Every fate at every step of a handshake, in an order of its own for each member. */
function combinations(random: Random) {
  return HANDSHAKE_STEPS.flatMap((step) => HANDSHAKE_FATES.map((fate) => ({ step, fate, order: random() })))
    .toSorted((one, other) => one.order - other.order)
    .map(({ step, fate }) => ({ step, fate }));
}

/** The heavy ones: one of each in a short run; in a long one a flood every minute and a storm every other. */
function burdens({ forMs, stormReaders }: PlanOptions): Planned[] {
  const every = Math.min(forMs, MINUTE_MS);
  const planned: Planned[] = [];
  for (let begin = 0; begin + every <= forMs; begin += every) {
    planned.push({ at: Math.round(begin + every * 0.15), deed: { kind: "flood", messages: 500 } });
    if (stormReaders > 0 && (begin / every) % 2 === 0) {
      const at = Math.round(begin + every * 0.4);
      planned.push({ at, deed: { kind: "storm", readers: stormReaders } });
      planned.push({ at: at + stormReaders * STORM_MS_PER_READER, deed: { kind: "kill", inStorm: true } });
    }
  }
  return planned;
}
