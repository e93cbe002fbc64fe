import { derived } from "../../lab/engine/proxy/random.ts";
import { pick } from "../support/random.ts";
import {
  type Action,
  HANDSHAKE_FAULTS,
  HANDSHAKE_STEPS,
  type MemberIndex,
  NODES_FAULTS,
  type PlannedAction,
} from "./actions.ts";
import { someWeather } from "./weathers.ts";

/** Everything a plan depends on. */
export interface PlanOptions {
  readonly seed: number;
  /** How long actions are carried out, ms. */
  readonly forMs: number;
  readonly transports: readonly string[];
  /** The transport each member keeps; null for members that switch. */
  readonly members: readonly (string | null)[];
  /** Light readers per storm; 0 for no storms. */
  readonly stormReaders: number;
  /** Servers on one Redis; 0 for one server with a file. */
  readonly nodes: number;
}

type Random = () => number;

const MINUTE_MS = 60_000;

/** Time per reader from a storm's start to the server's kill in it: most readers are attached by then. */
const STORM_MS_PER_READER = 5;

/** Share of a member's actions that are handshake faults. */
const HANDSHAKE_SHARE = 0.4;

/** Returns all actions in order of time. The same options give the same plan. */
export function planFor(options: PlanOptions): PlannedAction[] {
  const { forMs, members, seed } = options;
  const steps = [
    ...serverTrack(options),
    ...members.flatMap((_, index) => weatherTrack(index, forMs, derived(seed, "sky", index))),
    ...members.flatMap((transport, index) => faultTrack(options, index, transport)),
    ...members.flatMap((transport, index) => (transport === null ? switchTrack(options, index) : [])),
    // Storms and floods check their own readers, which works only with one server.
    ...(options.nodes === 0 ? heavyLoad(options) : nodesTrack(options)),
  ];
  return steps.filter(({ at }) => at < forMs).toSorted((one, other) => one.at - other.at);
}

function track(forMs: number, fromMs: number, toMs: number, random: Random, next: () => Action): PlannedAction[] {
  const planned: PlannedAction[] = [];
  const rest = (): number => fromMs + (toMs - fromMs) * random();
  for (let at = rest(); at < forMs; at += rest()) planned.push({ at: Math.round(at), action: next() });
  return planned;
}

/** Alternates kills and drains; in between it blocks the event loop or moves the clock. */
function serverTrack({ forMs, seed }: PlanOptions): PlannedAction[] {
  const ends = derived(seed, "server", 0);
  let restarts = 0;
  const restart = (): Action => {
    restarts += 1;
    return { kind: restarts % 2 === 1 ? "kill" : "drain" };
  };
  const trouble = derived(seed, "server", 1);
  const disturb = (): Action =>
    trouble() < 0.5
      ? { kind: "block", forMs: Math.round(100 + 1_900 * trouble()) }
      : { kind: "jump", byMs: pick([-3_600_000, -60_000, -1_500, 700, 30_000, 3_600_000], trouble) };
  return [...track(forMs, 4_000, 9_000, ends, restart), ...track(forMs, 2_000, 5_000, trouble, disturb)];
}

/** Every fault of Redis, and between it and the servers, in shuffled rounds. */
function nodesTrack({ forMs, seed }: PlanOptions): PlannedAction[] {
  const random = derived(seed, "nodes", 0);
  let round: (typeof NODES_FAULTS)[number][] = [];
  return track(forMs, 2_500, 6_000, random, () => {
    if (round.length === 0) {
      round = NODES_FAULTS.map((fault) => ({ fault, order: random() }))
        .toSorted((one, other) => one.order - other.order)
        .map(({ fault }) => fault);
    }
    return { kind: "nodes", fault: round.pop() ?? "freeze", forMs: Math.round(500 + 5_500 * random()) };
  });
}

function weatherTrack(index: MemberIndex, forMs: number, random: Random): PlannedAction[] {
  return track(forMs, 1_000, 5_000, random, () => ({ kind: "weather", index, ...someWeather(random) }));
}

/** Reloads of a member, and faults of its connections. */
function faultTrack(
  { seed, forMs, transports }: PlanOptions,
  index: MemberIndex,
  transport: string | null,
): PlannedAction[] {
  const random = derived(seed, "hand", index);
  const handshakes = combinations(random);
  let next = 0;
  return track(forMs, 1_000, 4_500, random, (): Action => {
    if (random() < HANDSHAKE_SHARE) {
      const combination = handshakes[next % handshakes.length];
      next += 1;
      if (combination !== undefined) {
        return { kind: "handshake", index, to: transport === null ? pick(transports, random) : null, ...combination };
      }
    }
    const durationMs = Math.round(100 + 1_500 * random());
    return pick<Action>(
      [
        { kind: "cut", index, how: pick(["fin", "rst", "silence"] as const, random) },
        { kind: "stall", index, forMs: durationMs },
        { kind: "refuse", index, forMs: durationMs },
        { kind: "reload", index, awayMs: durationMs },
        { kind: "vanish", index, awayMs: durationMs * 4 },
      ],
      random,
    );
  });
}

/** Switches between transports, whatever else happens. */
function switchTrack({ seed, forMs, transports }: PlanOptions, index: MemberIndex): PlannedAction[] {
  const random = derived(seed, "turn", index);
  return track(forMs, 500, 2_500, random, () => ({ kind: "switch", index, to: pick(transports, random) }));
}

/** Returns every fault at every step of a handshake, shuffled. */
function combinations(random: Random) {
  return HANDSHAKE_STEPS.flatMap((step) => HANDSHAKE_FAULTS.map((fault) => ({ step, fault, order: random() })))
    .toSorted((one, other) => one.order - other.order)
    .map(({ step, fault }) => ({ step, fault }));
}

/** Plans one flood and one storm for a short run; a flood every minute and a storm every other minute for a long one. */
function heavyLoad({ forMs, stormReaders }: PlanOptions): PlannedAction[] {
  const every = Math.min(forMs, MINUTE_MS);
  const planned: PlannedAction[] = [];
  for (let begin = 0; begin + every <= forMs; begin += every) {
    planned.push({ at: Math.round(begin + every * 0.15), action: { kind: "flood", messages: 500 } });
    if (stormReaders > 0 && (begin / every) % 2 === 0) {
      const at = Math.round(begin + every * 0.4);
      planned.push({ at, action: { kind: "storm", readers: stormReaders } });
      planned.push({ at: at + stormReaders * STORM_MS_PER_READER, action: { kind: "kill", inStorm: true } });
    }
  }
  return planned;
}
