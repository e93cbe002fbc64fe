import { parseArgs } from "node:util";
import type { Durability } from "./chat/log/sqlite.ts";
import { type StoreSpec, storeSpec } from "./store/spec.ts";

/** What the command line and the environment can say. */
export interface Options {
  readonly port: number;
  readonly host: string;
  /** `memory` or `sqlite:FILE`. */
  readonly store: string;
  readonly durability: Durability;
  /** Both of them, as the server takes them. */
  readonly storeSpec: StoreSpec;
  readonly secret: string | undefined;
  readonly origins: readonly string[];
  readonly rateLimit: boolean;
  readonly log: string;
}

/** A wrong option: one line says which, and what it takes. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

export const USAGE = `skyrocket [--port 3000] [--host 127.0.0.1] [--store sqlite:data/skyrocket.db|memory]
          [--durability process|power] [--secret TEXT] [--origins https://a.example,https://b.example]
          [--rate-limit on|off] [--log info]
Every option is an environment variable too, in capitals: PORT, HOST, STORE, DURABILITY, SECRET, ORIGINS, RATE_LIMIT,
LOG.
docs/configuration.md says what each does.`;

const LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** Reads the options: the command line first, then the environment, then the default. Throws OptionError. */
export function readOptions(argv: readonly string[], environment: NodeJS.ProcessEnv): Options | "help" {
  const { values } = parse(argv);
  if (values.help === true) return "help";
  if (values.lab === true) throw new OptionError("--lab: this version has no laboratory yet; leave it out.");
  const take = (name: keyof typeof values & string, fallback: string): string => {
    const given = values[name] ?? environment[name.toUpperCase().replace("-", "_")];
    return typeof given === "string" && given !== "" ? given : fallback;
  };
  const store = take("store", "sqlite:data/skyrocket.db");
  const durability = durabilityOf(take("durability", "process"));
  return {
    port: portOf(take("port", "3000")),
    host: take("host", "127.0.0.1"),
    store,
    durability,
    storeSpec: storeOf(store, durability),
    secret: secretOf(take("secret", "")),
    origins: originsOf(take("origins", "")),
    rateLimit: oneOf("rate-limit", take("rate-limit", "on"), ["on", "off"]) === "on",
    log: oneOf("log", take("log", "info"), LEVELS),
  };
}

function parse(argv: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: text,
        host: text,
        store: text,
        durability: text,
        secret: text,
        origins: text,
        "rate-limit": text,
        log: text,
        lab: { type: "boolean" },
        "no-lab": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new OptionError(error instanceof Error ? (error.message.split(". ", 1)[0] ?? error.message) : String(error));
  }
}

function portOf(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535))
    throw new OptionError(`--port ${text}: a port is a whole number from 0 to 65535; 0 picks a free one.`);
  return port;
}

function storeOf(text: string, durability: Durability): StoreSpec {
  const spec = storeSpec(text, durability);
  if (spec !== null) return spec;
  throw new OptionError(`--store ${withoutPassword(text)}: it takes \`memory\` or \`sqlite:FILE\`.`);
}

function durabilityOf(text: string): Durability {
  if (text === "process" || text === "power") return text;
  throw new OptionError(`--durability ${text}: it takes one of process, power.`);
}

function secretOf(text: string): string | undefined {
  if (text === "") return undefined;
  if (text.length < 16) throw new OptionError("--secret: at least 16 characters are needed to sign sessions.");
  return text;
}

function originsOf(text: string): string[] {
  return text
    .split(",")
    .map((origin) => origin.trim())
    .filter((origin) => origin !== "")
    .map((origin) => {
      if (URL.canParse(origin) && new URL(origin).origin === origin.toLowerCase()) return origin;
      throw new OptionError(`--origins ${origin}: an origin is scheme://host[:port] and nothing after it.`);
    });
}

function oneOf(name: string, text: string, allowed: readonly string[]): string {
  if (!allowed.includes(text)) throw new OptionError(`--${name} ${text}: it takes one of ${allowed.join(", ")}.`);
  return text;
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@/]*@/, "//…@");
}
