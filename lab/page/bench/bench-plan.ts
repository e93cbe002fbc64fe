import { LIMITS } from "../../../src/protocol/limits.ts";

/** What a measurement measures. */
export interface Plan {
  /** Names of transports, measured one after the other. */
  readonly transports: readonly string[];
  /** Messages a second. */
  readonly rate: number;
  /** Length of each message's text, in ASCII characters: one byte each. */
  readonly bytes: number;
  /** How long each transport is measured. */
  readonly seconds: number;
}

/** Lowest and highest of each number. The text's length leaves room for the number that every message begins with. */
export const BOUNDS = {
  rate: [1, 100],
  bytes: [16, LIMITS.textCodePoints],
  seconds: [2, 120],
} as const;

type Amount = keyof typeof BOUNDS;

const DEFAULTS = { rate: 10, bytes: 64, seconds: 10 } as const;

/** Reads a plan from a query. Missing values and values out of bounds get their defaults. */
export function planOf(query: URLSearchParams, known: readonly string[]): Plan {
  const named = query.get("transports")?.split(",") ?? [];
  const transports = known.filter((name) => named.includes(name));
  return {
    transports: transports.length === 0 ? known : transports,
    rate: amountOf(query, "rate"),
    bytes: amountOf(query, "bytes"),
    seconds: amountOf(query, "seconds"),
  };
}

/** The query of an address that opens this plan. */
export function queryOf({ transports, ...amounts }: Plan): string {
  const given = Object.entries(amounts).map(([name, amount]) => [name, String(amount)]);
  return new URLSearchParams([["transports", transports.join(",")], ...given]).toString();
}

/** The plan in words. */
export function planText({ rate, bytes, seconds }: Plan): string {
  return `${rate} messages/s of ${bytes} bytes for ${seconds} s`;
}

/** How many messages each transport is measured with. */
export function messagesOf({ rate, seconds }: Plan): number {
  return Math.max(1, Math.round(rate * seconds));
}

/** Returns the text of the nth message: its number, padded to the wanted length. */
export function textOf(number: number, bytes: number): string {
  return `${number} `.padEnd(bytes, "x");
}

/** Returns the number within its bounds. */
export function bounded(name: Amount, amount: number): number {
  const [lowest, highest] = BOUNDS[name];
  return Number.isFinite(amount) ? Math.min(highest, Math.max(lowest, Math.round(amount))) : DEFAULTS[name];
}

function amountOf(query: URLSearchParams, name: Amount): number {
  const text = query.get(name);
  return text === null || text.trim() === "" ? DEFAULTS[name] : bounded(name, Number(text));
}
