import { parseArgs } from "node:util";

/** Options of `npm run chaos`. */
export interface Options {
  readonly forMs: number;
  readonly seed: number;
  readonly transports: readonly string[];
  readonly stormReaders: number;
  /** Servers on one Redis; 0 for one server with a SQLite file. */
  readonly nodes: number;
}

/** An invalid option. The message names the option and what it accepts. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

const MINUTE_MS = 60_000;

export const USAGE = `npm run chaos -- [--minutes 10 | --seconds 20] [--seed 7] [--transports a,b] [--storm 2000] [--nodes 3]

  --minutes N      how long faults are injected; members catch up after that. Default 10
  --seconds N      the same in seconds
  --seed N         a whole number. The same seed gives the same faults at the same times. Default: random, and printed
  --transports A,B only these. Default: all
  --nodes N        N servers on one Redis, behind a proxy that sends each request to the next; without storms and floods
  --storm N        light readers per reconnect storm, 0 for none. Default 2000, or 200 for less than a minute

Prints a table at the end. Exit code 0: nothing lost, duplicated or reordered; 1: something was; 2: an invalid option.
docs/chaos.md describes the attacks and the table.`;

/** Reads the command line. `draw` makes the seed if none is given. Throws OptionError. */
export function readOptions(argv: readonly string[], known: readonly string[], draw: () => number): Options | "help" {
  const { values } = parse(argv);
  if (values.help === true) return "help";
  if (values.minutes !== undefined && values.seconds !== undefined) {
    throw new OptionError("--minutes and --seconds can't be combined.");
  }
  const transports = values.transports?.split(",") ?? known;
  for (const name of transports) {
    if (!known.includes(name))
      throw new OptionError(`--transports ${name}: there is no such transport. Choose from ${known.join(", ")}.`);
  }
  const unit = values.seconds === undefined ? "minutes" : "seconds";
  const forMs = positive(unit, values[unit] ?? "10") * (unit === "minutes" ? MINUTE_MS : 1_000);
  return {
    forMs,
    seed: values.seed === undefined ? draw() : whole("seed", values.seed),
    transports,
    nodes: whole("nodes", values.nodes ?? "0"),
    stormReaders: whole("storm", values.storm ?? (forMs < MINUTE_MS ? "200" : "2000")),
  };
}

function parse(argv: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        minutes: text,
        seconds: text,
        seed: text,
        transports: text,
        storm: text,
        nodes: text,
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new OptionError(error instanceof Error ? (error.message.split(". ", 1)[0] ?? error.message) : String(error));
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 100_000)) throw new OptionError(`--${name} ${text}: a number above 0 is needed.`);
  return value;
}

function whole(name: string, text: string): number {
  if (!/^[0-9]{1,9}$/.test(text))
    throw new OptionError(`--${name} ${text}: a whole number of up to 9 digits is needed.`);
  return Number(text);
}
