import { parseArgs } from "node:util";
import type { PublisherKind } from "../generator/messages.ts";
import { FLOORS, ROWS, type Row } from "./rows.ts";

export interface Options {
  readonly rows: readonly Row[];
  readonly rounds: number;
  readonly readers: number;
  /** Length of one window. */
  readonly seconds: number;
  readonly seed: number;
  /** Broadcasts each row makes before the first round. */
  readonly warmUp: number;
  /** Multiplies every row's broadcasts a second. */
  readonly pace: number;
  /** Write a CPU profile of every server. */
  readonly profile: boolean;
}

export const USAGE = `npm run bench:fanout -- [options]
  --rounds 21      rounds; every row has one window in each, in an order shuffled anew
  --readers 500    readers of each row
  --seconds 1      length of one window
  --warm-up 1000   broadcasts before the first round
  --pace 1         multiplies the broadcasts a second (100 for streams, 25 for polls)
  --seed 1         of the order of rows and of the bootstrap
  --only a,b       these rows and the floors: ${ROWS.map((row) => row.name).join(", ")}
  --publish post   Skyrocket's publisher speaks by POST /api/commands; default: websocket
  --profile        also write a CPU profile of each server and print where its time went`;

/** Reads the command line. Throws an Error whose message says what is wrong with it. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "21" },
      readers: { type: "string", default: "500" },
      seconds: { type: "string", default: "1" },
      "warm-up": { type: "string", default: "1000" },
      pace: { type: "string", default: "1" },
      seed: { type: "string", default: "1" },
      only: { type: "string", default: ROWS.map((row) => row.name).join() },
      publish: { type: "string", default: "websocket" },
      profile: { type: "boolean", default: false },
    },
  });
  return {
    rows: [...FLOORS, ...values.only.split(",").map(rowNamed)].map((row) => publishedBy(row, values.publish)),
    rounds: count("rounds", values.rounds),
    readers: count("readers", values.readers),
    seconds: positive("seconds", values.seconds),
    seed: count("seed", values.seed),
    warmUp: count("warm-up", values["warm-up"]),
    pace: positive("pace", values.pace),
    profile: values.profile,
  };
}

function rowNamed(name: string): Row {
  const row = ROWS.find((each) => each.name === name);
  if (row === undefined)
    throw new Error(`--only knows no row "${name}". Rows: ${ROWS.map((each) => each.name).join(", ")}`);
  return row;
}

function publishedBy(row: Row, publish: string): Row {
  const publisher = publisherNamed(publish);
  return row.sessions ? { ...row, publisher } : row;
}

function publisherNamed(name: string): PublisherKind {
  if (name === "websocket" || name === "post") return name;
  throw new Error(`--publish is "websocket" or "post", not "${name}"`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`--${name} must be a number above 0, not "${text}"`);
}

function count(name: string, text: string): number {
  const value = positive(name, text);
  if (Number.isInteger(value)) return value;
  throw new Error(`--${name} must be a whole number, not "${text}"`);
}
