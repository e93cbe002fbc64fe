/** The options of the command line, and how long and hard a run is without them. */
import { parseArgs } from "node:util";
import type { Effort, Row, Scenario } from "./contract.ts";
import { ROWS } from "./registry.ts";
import { SCENARIOS } from "./scenarios/registry.ts";

export interface RunOptions {
  readonly scenarios: readonly Scenario[];
  readonly rows: readonly Row[];
  readonly effort: Effort;
  readonly seed: number;
  readonly profile: "cpu" | "heap" | null;
}

/** The effort of a full run, which takes about an hour with all peers. */
const FULL: Effort = {
  rounds: 10,
  roundsPerServer: null,
  seconds: 1,
  readers: 500,
  warmUp: 2_000,
  idle: [500, 1_500, 3_000],
  idleSeconds: 60,
};

export const RUN_USAGE = `Options of a run
  --scenarios a,b    ${SCENARIOS.map(({ name }) => name).join(", ")}
  --rows a,b         only these rows: ${ROWS.map(({ name }) => name).join(", ")}
  --systems a,b      only rows of these servers: ${[...new Set(ROWS.map(({ system }) => system))].join(", ")}
  --transports a,b   only rows of these transports: ${[...new Set(ROWS.map(({ leg }) => leg))].join(", ")}
                     The floors are part of every run.
  --rounds ${FULL.rounds}        rounds; every row has one window in each, in a new random order; most scenarios cap it at 3 to 7
  --rounds-per-server 1  restart the servers after this many rounds; without it they stay up for all rounds
  --readers ${FULL.readers}      readers of each broadcast
  --seconds ${FULL.seconds}        length of one window
  --warm-up ${FULL.warmUp}      broadcasts before the first round, not measured
  --idle 500,1500,3000   connections held idle, ascending
  --idle-seconds ${FULL.idleSeconds}  seconds to measure idle connections; 60 to 74 become 75, whole heartbeat periods
  --seed 1           seed of the order of rows and of every bootstrap
  --profile cpu      write a profile of each server, of its cpu or its heap, into bench/results/profiles`;

/** Reads the options of a run. Throws an Error that says which option is wrong and why. */
export function readRunOptions(args: readonly string[], base: Partial<Effort> = {}): RunOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenarios: { type: "string" },
      rows: { type: "string" },
      systems: { type: "string" },
      transports: { type: "string" },
      rounds: { type: "string" },
      "rounds-per-server": { type: "string" },
      readers: { type: "string" },
      seconds: { type: "string" },
      "warm-up": { type: "string" },
      idle: { type: "string" },
      "idle-seconds": { type: "string" },
      seed: { type: "string", default: "1" },
      profile: { type: "string" },
    },
  });
  const start = { ...FULL, ...base };
  const { rows, systems, transports } = values;
  const wanted = [
    chosen("rows", rows, ROWS, ({ name }) => name),
    chosen("systems", systems, ROWS, ({ system }) => system),
    chosen("transports", transports, ROWS, ({ leg }) => leg),
  ].reduce((kept, each) => kept.filter((row) => each.includes(row)));
  if (wanted.length === 0) throw new Error("--rows, --systems and --transports leave no row. Loosen a filter.");
  return {
    scenarios: chosen("scenarios", values.scenarios, SCENARIOS, ({ name }) => name),
    rows: withFloors(wanted),
    effort: {
      rounds: values.rounds === undefined ? start.rounds : count("rounds", values.rounds),
      roundsPerServer:
        values["rounds-per-server"] === undefined
          ? start.roundsPerServer
          : count("rounds-per-server", values["rounds-per-server"]),
      readers: values.readers === undefined ? start.readers : count("readers", values.readers),
      seconds: values.seconds === undefined ? start.seconds : positive("seconds", values.seconds),
      warmUp: values["warm-up"] === undefined ? start.warmUp : count("warm-up", values["warm-up"]),
      idle: values.idle === undefined ? start.idle : ascending("idle", values.idle),
      idleSeconds:
        values["idle-seconds"] === undefined ? start.idleSeconds : positive("idle-seconds", values["idle-seconds"]),
    },
    seed: count("seed", values.seed),
    profile: profileNamed(values.profile),
  };
}

function chosen<Item>(
  option: string,
  text: string | undefined,
  all: readonly Item[],
  nameOf: (item: Item) => string,
): readonly Item[] {
  if (text === undefined) return all;
  const names = text.split(",");
  const unknown = names.find((name) => all.every((item) => nameOf(item) !== name));
  if (unknown !== undefined)
    throw new Error(`--${option} has no "${unknown}". Choose from: ${[...new Set(all.map(nameOf))].join(", ")}`);
  return all.filter((item) => names.includes(nameOf(item)));
}

function withFloors(rows: readonly Row[]): readonly Row[] {
  return ROWS.filter((row) => row.kind === "floor" || rows.includes(row));
}

function profileNamed(name: string | undefined): RunOptions["profile"] {
  if (name === undefined) return null;
  if (name === "cpu" || name === "heap") return name;
  throw new Error(`--profile must be "cpu" or "heap", not "${name}"`);
}

/** A run beyond these would not end, or would need more connections than a machine has ports. */
const MOST: Readonly<Record<string, number>> = {
  rounds: 10_000,
  "rounds-per-server": 10_000,
  readers: 25_000,
  idle: 25_000,
  seconds: 3_600,
  "idle-seconds": 3_600,
  "warm-up": 1_000_000,
};

function positive(name: string, text: string): number {
  const value = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : 0;
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not "${text}"`);
  const most = MOST[name] ?? Number.MAX_SAFE_INTEGER;
  if (value > most) throw new Error(`--${name} can be at most ${most}, not ${text}`);
  return value;
}

/** Reads the steps of a list. Each step adds connections to the previous step's. */
function ascending(name: string, list: string): readonly number[] {
  const counts = list.split(",").map((text) => count(name, text));
  if (counts.some((value, index) => index > 0 && value <= (counts[index - 1] ?? 0)))
    throw new Error(`--${name} must be ascending, not "${list}"`);
  return counts;
}

function count(name: string, text: string): number {
  const value = positive(name, text);
  if (Number.isInteger(value)) return value;
  throw new Error(`--${name} must be a whole number, not "${text}"`);
}

/** The effort of a complete overview in under a minute: fewer readers and rounds, so the intervals are wide. */
export const QUICK: Effort = {
  rounds: 3,
  roundsPerServer: null,
  seconds: 0.25,
  readers: 100,
  warmUp: 150,
  idle: [100, 300],
  idleSeconds: 2,
};

/** The default scenarios and systems of `bench quick`. */
export const QUICK_ARGUMENTS: readonly string[] = ["--scenarios", "fanout,echo", "--systems", "skyrocket,ws,socket-io"];
