import { isIP } from "node:net";
import { parseArgs } from "node:util";
import { parseStoreSpec, type StoreSpec } from "../log/open.ts";
import type { Durability } from "../log/sqlite/database.ts";
import { StoreError } from "../log/store-error.ts";
import { serverTransports } from "../transports/registry.server.ts";
import { bracketed, isLoopbackName } from "./machine.ts";
import type { MetricsPlace } from "./monitoring.ts";
import { isRange } from "./rate-limits.ts";
import type { TlsFiles } from "./tls.ts";

/** Ports, both ends included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** The options of the command, from the command line and the environment. */
export interface Options {
  readonly port: number;
  readonly host: string;
  /** `memory`, `sqlite:FILE`, or an address of Redis without user and password. */
  readonly store: string;
  readonly durability: Durability;
  /** Begins every key and channel in Redis. */
  readonly redisPrefix: string;
  /** Store, durability and prefix, as the server takes them. */
  readonly storeSpec: StoreSpec;
  readonly secret: string | undefined;
  readonly origins: readonly string[];
  readonly rateLimit: boolean;
  readonly trustProxy: readonly string[];
  readonly echo: boolean;
  /** The ports of the lab's lanes, null for any free ones; false without a lab. */
  readonly lab: { readonly ports: PortRange | null } | false;
  readonly log: string;
  /** Server processes that share the port. */
  readonly workers: number;
  readonly metrics: MetricsPlace;
  /** undefined: plain HTTP. */
  readonly tls: TlsFiles | undefined;
  /** One line for each environment variable that was ignored. */
  readonly warnings: readonly string[];
}

/** A wrong option. Its message is one line: which option, and what it takes. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

export const USAGE = `skyrocket [--port 3000] [--host 127.0.0.1] [--store sqlite:data/skyrocket.db|memory|redis://HOST]
          [--redis-prefix sk] [--workers 1] [--durability process|power] [--secret TEXT]
          [--origins https://a.example,https://b.example] [--rate-limit on|off] [--trust-proxy 10.0.0.7,10.1.0.0/16] [--log info]
          [--echo on|off] [--lab|--no-lab] [--lab-ports 3100-3179]
          [--metrics loopback|off|HOST:PORT] [--tls-cert FILE] [--tls-key FILE]
skyrocket --help | --version
--host 0.0.0.0 accepts connections from other machines; the command prints the addresses to open.
Every option except --help and --version can be set by an environment variable, as SKYROCKET_PORT or without the prefix:
PORT, HOST, STORE, REDIS_PREFIX, WORKERS, DURABILITY, SECRET, ORIGINS, RATE_LIMIT, TRUST_PROXY, ECHO, LOG, LAB (on or off),
LAB_PORTS, METRICS, TLS_CERT, TLS_KEY.
The command line overrides SKYROCKET_PORT, which overrides PORT. docs/configuration.md describes each option.`;

const LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];
const PREFIX = "SKYROCKET_";

/** A value and its origin. */
interface Given {
  readonly text: string;
  /** Returns how an error message names it: `--port 99999`, `PORT=99999`, `SECRET`. */
  named(value?: string): string;
}

/** Reads the options: the command line first, then the environment, then the default. Throws OptionError. */
export function readOptions(argv: readonly string[], environment: NodeJS.ProcessEnv): Options | "help" {
  const { values } = parse(argv);
  if (values.help === true) return "help";
  const warnings: string[] = [];
  const take = (name: keyof typeof values & string, fallback: string): Given => {
    const given = values[name];
    if (typeof given === "string" && given !== "") return ofFlag(name, given);
    return fromEnvironment(name, environment, warnings) ?? ofFlag(name, fallback);
  };
  const host = take("host", "127.0.0.1").text;
  const ports = portsOf(take("lab-ports", ""));
  const store = take("store", "sqlite:data/skyrocket.db");
  const durability = durabilityOf(take("durability", "process"));
  const redisPrefix = prefixOf(take("redis-prefix", "sk"));
  const tls = tlsOf(take("tls-cert", ""), take("tls-key", ""));
  const lab = labOf(values, fromEnvironment("lab", environment, warnings));
  const storeSpec = storeOf(store, durability, redisPrefix);
  const workers = workersOf(take("workers", "1"), storeSpec);
  const metrics = metricsOf(take("metrics", "loopback"), workers);
  return {
    port: portOf(take("port", "3000")),
    host,
    store: withoutPassword(store.text),
    durability,
    redisPrefix,
    storeSpec,
    secret: secretOf(take("secret", "")),
    origins: originsOf(take("origins", "")),
    trustProxy: rangesOf(take("trust-proxy", "")),
    echo: oneOf(take("echo", "off"), ["on", "off"]) === "on",
    rateLimit: oneOf(take("rate-limit", "on"), ["on", "off"]) === "on",
    lab: hasLab(lab, isLoopback(host), tls, workers) ? { ports } : false,
    log: oneOf(take("log", "info"), LEVELS),
    workers,
    // On the shared port, each scrape would reach another worker.
    metrics: workers > 1 && metrics === "loopback" ? "off" : metrics,
    tls,
    warnings,
  };
}

function ofFlag(name: string, text: string): Given {
  return { text, named: (value = "") => `--${name} ${value}`.trimEnd() };
}

/**
 * Reads an option's variable: `SKYROCKET_HOST`, else `HOST`. An empty one counts as unset. Two kinds are ignored with a
 * warning, because other programs set them: a `HOST` that is not an address (shells and compilers keep names in it), and the
 * link that Kubernetes and Docker make of a service called skyrocket (`SKYROCKET_PORT=tcp://…`).
 */
function fromEnvironment(name: string, environment: NodeJS.ProcessEnv, warnings: string[]): Given | null {
  const short = name.toUpperCase().replaceAll("-", "_");
  for (const variable of [`${PREFIX}${short}`, short]) {
    const text = environment[variable] ?? "";
    if (text === "") continue;
    if (name === "port" && /^(tcp|udp|sctp):\/\//.test(text)) {
      warnings.push(`${variable} is ignored: it is a container link, not a port.`);
    } else if (variable === "HOST" && isIP(text) === 0 && text.toLowerCase() !== "localhost") {
      warnings.push(`HOST is ignored: it is not an IP address. To listen there, use SKYROCKET_HOST or --host.`);
    } else {
      return { text, named: (value) => (value === undefined ? variable : `${variable}=${value}`) };
    }
  }
  return null;
}

/** Returns whether only this machine can reach a `--host`. */
function isLoopback(host: string): boolean {
  return isLoopbackName(bracketed(host));
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
        "redis-prefix": text,
        workers: text,
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
        // src/server/main.ts answers it. It is listed here because an unknown option is refused.
        version: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new OptionError(error instanceof Error ? (error.message.split(". ", 1)[0] ?? error.message) : String(error));
  }
}

function portOf({ text, named }: Given): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) {
    throw new OptionError(`${named(text)}: a port is a whole number from 0 to 65535; 0 picks a free one.`);
  }
  return port;
}

function storeOf({ text, named }: Given, durability: Durability, prefix: string): StoreSpec {
  const name = named(withoutPassword(text));
  try {
    const spec = parseStoreSpec(text, durability, prefix);
    if (spec !== null) return spec;
  } catch (error) {
    if (error instanceof StoreError) throw new OptionError(`${name}: ${error.message}`);
    throw error;
  }
  throw new OptionError(`${name}: it takes \`memory\`, \`sqlite:FILE\` or \`redis://HOST\`.`);
}

const MOST_WORKERS = 256;

function workersOf({ text, named }: Given, store: StoreSpec): number {
  const workers = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  if (workers < 1 || workers > MOST_WORKERS) {
    throw new OptionError(`${named(text)}: it takes a whole number from 1 to ${MOST_WORKERS}.`);
  }
  if (workers > 1 && store.kind !== "redis") {
    throw new OptionError(
      `${named(text)}: several workers need a store that they share, such as --store redis://HOST.`,
    );
  }
  return workers;
}

/** Braces would move the hash tag of Redis Cluster; *, ? and [ are patterns in an ACL. */
function prefixOf({ text, named }: Given): string {
  if (/^[A-Za-z0-9:._-]{1,64}$/.test(text)) return text;
  throw new OptionError(`${named(text)}: a prefix is 1 to 64 letters, digits, colons, dots, dashes or underscores.`);
}

function durabilityOf({ text, named }: Given): Durability {
  if (text === "process" || text === "power") return text;
  throw new OptionError(`${named(text)}: it takes one of process, power.`);
}

function secretOf({ text, named }: Given): string | undefined {
  if (text === "") return undefined;
  if (text.length < 16) throw new OptionError(`${named()}: a secret needs at least 16 characters.`);
  return text;
}

function originsOf({ text, named }: Given): string[] {
  return listOf(text).map((origin) => {
    if (URL.canParse(origin) && new URL(origin).origin === origin.toLowerCase()) return origin;
    throw new OptionError(`${named(origin)}: an origin is scheme://host[:port] without a path.`);
  });
}

function rangesOf({ text, named }: Given): string[] {
  return listOf(text).map((range) => {
    if (isRange(range)) return range;
    throw new OptionError(`${named(range)}: it takes addresses or ranges of proxies, such as 10.0.0.7 or 10.0.0.0/8.`);
  });
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function labOf(given: { lab?: boolean; "no-lab"?: boolean }, variable: Given | null): Given | null {
  if (given.lab === true && given["no-lab"] === true) throw new OptionError("--lab and --no-lab can't be combined.");
  if (given["no-lab"] === true) return { text: "off", named: () => "--no-lab" };
  if (given.lab === true) return { text: "on", named: () => "--lab" };
  return variable;
}

/** By default there is a lab if only this machine can reach the server, and it is one process without TLS. */
function hasLab(given: Given | null, onLoopback: boolean, tls: TlsFiles | undefined, workers: number): boolean {
  if (given === null) return onLoopback && tls === undefined && workers === 1;
  const on = oneOf(given, ["on", "off"]) === "on";
  if (on && tls !== undefined) {
    throw new OptionError(`${given.named("on")} and --tls-cert can't be combined: the lab shows unencrypted bytes.`);
  }
  if (on && workers > 1) {
    throw new OptionError(
      `${given.named("on")} and --workers can't be combined: a lab session belongs to one process.`,
    );
  }
  return on;
}

/** A lab session uses a port for each transport. */
const FEWEST_PORTS = serverTransports.length;

function portsOf({ text, named }: Given): PortRange | null {
  if (text === "") return null;
  const [, first, last] = /^([0-9]{1,5})-([0-9]{1,5})$/.exec(text) ?? [];
  const from = Number(first);
  const to = Number(last);
  if (from >= 1 && to <= 65_535 && to - from + 1 >= FEWEST_PORTS) return { from, to };
  throw new OptionError(`${named(text)}: it takes a range of at least ${FEWEST_PORTS} ports, such as 3100-3179.`);
}

/** Worker n has its metrics at the n-th port from this one on. */
function metricsOf({ text, named }: Given, workers: number): MetricsPlace {
  if (text === "loopback" || text === "off") return text;
  const [, host = "127.0.0.1", port] = /^(?:(.+):)?([0-9]{1,5})$/.exec(text) ?? [];
  if (port !== undefined && Number(port) + workers - 1 <= 65_535)
    return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
  throw new OptionError(
    `${named(text)}: it takes \`loopback\`, \`off\`, or a port of its own such as 9464 or 0.0.0.0:9464.`,
  );
}

function tlsOf(cert: Given, key: Given): TlsFiles | undefined {
  if (cert.text === "" && key.text === "") return undefined;
  if (cert.text === "") throw new OptionError(`${key.named()} is given without --tls-cert. Give both.`);
  if (key.text === "") throw new OptionError(`${cert.named()} is given without --tls-key. Give both.`);
  return { cert: cert.text, key: key.text };
}

function oneOf({ text, named }: Given, allowed: readonly string[]): string {
  if (!allowed.includes(text)) throw new OptionError(`${named(text)}: it takes one of ${allowed.join(", ")}.`);
  return text;
}

/** Up to the last @: a password that should have been percent-encoded can contain others. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/.*@/s, "//…@");
}
