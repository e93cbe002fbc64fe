import { parseArgs } from "node:util";
import type { Durability } from "./chat/log/sqlite.ts";
import { isLoopback } from "./http/access.ts";
import { isRange } from "./http/addresses.ts";
import type { PortRange } from "./lab/ports.ts";
import type { MetricsPlace } from "./operations/exposure.ts";
import type { TlsFiles } from "./operations/tls.ts";
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
  readonly trustProxy: readonly string[];
  readonly echo: boolean;
  /** The laboratory and the ports of its lanes, null for any free ones; false where there is none. */
  readonly lab: { readonly ports: PortRange | null } | false;
  readonly log: string;
  readonly metrics: MetricsPlace;
  /** undefined: in the clear. */
  readonly tls: TlsFiles | undefined;
}

/** A wrong option: one line says which, and what it takes. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

export const USAGE = `skyrocket [--port 3000] [--host 127.0.0.1] [--store sqlite:data/skyrocket.db|memory]
          [--durability process|power] [--secret TEXT] [--origins https://a.example,https://b.example]
          [--rate-limit on|off] [--trust-proxy 10.0.0.7,10.1.0.0/16] [--log info]
          [--echo on|off] [--lab|--no-lab] [--lab-ports 3100-3179]
          [--metrics loopback|off|HOST:PORT] [--tls-cert FILE] [--tls-key FILE]
Every option is an environment variable too, in capitals: PORT, HOST, STORE, DURABILITY, SECRET, ORIGINS, RATE_LIMIT,
TRUST_PROXY, ECHO, LOG, LAB (on or off), LAB_PORTS, METRICS, TLS_CERT, TLS_KEY.
docs/configuration.md says what each does.`;

const LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** Reads the options: the command line first, then the environment, then the default. Throws OptionError. */
export function readOptions(argv: readonly string[], environment: NodeJS.ProcessEnv): Options | "help" {
  const { values } = parse(argv);
  if (values.help === true) return "help";
  const take = (name: keyof typeof values & string, fallback: string): string => {
    const given = values[name] ?? environment[name.toUpperCase().replace("-", "_")];
    return typeof given === "string" && given !== "" ? given : fallback;
  };
  const host = take("host", "127.0.0.1");
  const ports = portsOf(take("lab-ports", ""));
  const store = take("store", "sqlite:data/skyrocket.db");
  const durability = durabilityOf(take("durability", "process"));
  const tls = tlsOf(take("tls-cert", ""), take("tls-key", ""));
  return {
    port: portOf(take("port", "3000")),
    host,
    store,
    durability,
    storeSpec: storeOf(store, durability),
    secret: secretOf(take("secret", "")),
    origins: originsOf(take("origins", "")),
    trustProxy: rangesOf(take("trust-proxy", "")),
    echo: oneOf("echo", take("echo", "off"), ["on", "off"]) === "on",
    rateLimit: oneOf("rate-limit", take("rate-limit", "on"), ["on", "off"]) === "on",
    lab: hasLab(values, environment["LAB"], tls === undefined && isLoopback(host), tls) ? { ports } : false,
    log: oneOf("log", take("log", "info"), LEVELS),
    metrics: metricsOf(take("metrics", "loopback")),
    tls,
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
        "trust-proxy": text,
        echo: text,
        log: text,
        metrics: text,
        "tls-cert": text,
        "tls-key": text,
        lab: { type: "boolean" },
        "no-lab": { type: "boolean" },
        "lab-ports": text,
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
  return listOf(text).map((origin) => {
    if (URL.canParse(origin) && new URL(origin).origin === origin.toLowerCase()) return origin;
    throw new OptionError(`--origins ${origin}: an origin is scheme://host[:port] and nothing after it.`);
  });
}

function rangesOf(text: string): string[] {
  return listOf(text).map((range) => {
    if (isRange(range)) return range;
    throw new OptionError(
      `--trust-proxy ${range}: a proxy is named by its address or a range, as 10.0.0.7 or 10.0.0.0/8.`,
    );
  });
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** Without a word about it there is a laboratory where only this machine can be a visitor. */
function hasLab(
  given: { lab?: boolean; "no-lab"?: boolean },
  variable: string | undefined,
  unasked: boolean,
  tls: TlsFiles | undefined,
): boolean {
  if (given.lab === true && given["no-lab"] === true) throw new OptionError("--lab --no-lab: say one of them.");
  if (given["no-lab"] === true) return false;
  const fallback = unasked ? "on" : "off";
  const said = given.lab === true ? "on" : variable === undefined || variable === "" ? fallback : variable;
  if (said !== "on" && said !== "off") throw new OptionError(`LAB=${said}: it takes one of on, off.`);
  if (said === "on" && tls !== undefined) {
    const asked = given.lab === true ? "--lab" : "LAB=on";
    throw new OptionError(
      `${asked} --tls-cert: the laboratory takes apart what goes over the wire in the clear. Say one of them.`,
    );
  }
  return said === "on";
}

/** A visitor takes four. */
const FEWEST_PORTS = 4;

function portsOf(text: string): PortRange | null {
  if (text === "") return null;
  const [, first, last] = /^([0-9]{1,5})-([0-9]{1,5})$/.exec(text) ?? [];
  const from = Number(first);
  const to = Number(last);
  if (from >= 1 && to <= 65_535 && to - from + 1 >= FEWEST_PORTS) return { from, to };
  throw new OptionError(`--lab-ports ${text}: it takes a range of at least ${FEWEST_PORTS} ports, as 3100-3179.`);
}

function metricsOf(text: string): MetricsPlace {
  if (text === "loopback" || text === "off") return text;
  const [, host = "127.0.0.1", port] = /^(?:(.+):)?([0-9]{1,5})$/.exec(text) ?? [];
  if (port !== undefined && Number(port) <= 65_535)
    return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
  throw new OptionError(
    `--metrics ${text}: it takes \`loopback\`, \`off\`, or a port of its own as 9464 or 0.0.0.0:9464.`,
  );
}

function tlsOf(cert: string, key: string): TlsFiles | undefined {
  if (cert === "" && key === "") return undefined;
  if (cert === "" || key === "") throw new OptionError("--tls-cert and --tls-key: one does not go without the other.");
  return { cert, key };
}

function oneOf(name: string, text: string, allowed: readonly string[]): string {
  if (!allowed.includes(text)) throw new OptionError(`--${name} ${text}: it takes one of ${allowed.join(", ")}.`);
  return text;
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@/]*@/, "//…@");
}
