import { StoreError } from "../store-error.ts";

const REDIS_PORT = 6_379;
const SENTINEL_PORT = 26_379;

const FORMS =
  "redis://[USER:PASSWORD@]HOST[:PORT] or redis+sentinel://[USER:PASSWORD@]HOST:PORT,HOST:PORT/NAME, with rediss for TLS";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

interface Parts {
  /** A server, or Sentinels that know where it is. */
  readonly endpoints: readonly Endpoint[];
  /** The name under which the Sentinels monitor the primary; null: `endpoints` is the server itself. */
  readonly sentinelName: string | null;
  readonly tls: boolean;
  /** Begins the names of all keys and channels, so that two deployments can share a server. */
  readonly prefix: string;
}

/** Where a Redis is and how to log in. Neither printing nor inspecting it shows the user or the password. */
export class RedisAddress implements Parts {
  readonly endpoints: readonly Endpoint[];
  readonly sentinelName: string | null;
  readonly tls: boolean;
  readonly prefix: string;
  readonly #credentials: Credentials | null;

  constructor({ endpoints, sentinelName, tls, prefix }: Parts, credentials: Credentials | null) {
    this.endpoints = endpoints;
    this.sentinelName = sentinelName;
    this.tls = tls;
    this.prefix = prefix;
    this.#credentials = credentials;
  }

  get credentials(): Credentials | null {
    return this.#credentials;
  }

  toString(): string {
    const scheme = `${this.tls ? "rediss" : "redis"}${this.sentinelName === null ? "" : "+sentinel"}`;
    const hosts = this.endpoints.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`);
    return `${scheme}://${hosts.join(",")}${this.sentinelName === null ? "" : `/${this.sentinelName}`}`;
  }
}

/**
 * Parses `redis://[user:password@]host[:port]`, `rediss://…` for TLS, and
 * `redis+sentinel://[user:password@]host:port,host:port/name`. Throws StoreError, whose message doesn't repeat the
 * address, because a part of it may be the password.
 */
export function parseRedisAddress(text: string, prefix = "sk"): RedisAddress {
  const match = /^(rediss?)(\+sentinel)?:\/\/(?:([^@/?]*)@)?([^@/?#]+)(?:\/([^@/?#]*))?$/.exec(text);
  if (match === null) throw unusable(`write ${FORMS}, and percent-encode @, / and ? in a password`);
  const [, scheme, sentinel, login, hosts = "", path = ""] = match;
  const isSentinel = sentinel !== undefined;
  const endpoints = hosts.split(",").map((host) => parseEndpoint(host, isSentinel ? SENTINEL_PORT : REDIS_PORT));
  if (!isSentinel && endpoints.length > 1) throw unusable("several hosts need redis+sentinel:// and a name");
  if (isSentinel && path === "") throw unusable("the name after the Sentinels is missing, as in /mymaster");
  // Channels are the same in all databases, so two deployments would receive each other's messages.
  if (!isSentinel && path !== "" && path !== "0") {
    throw unusable("it names a database other than 0; use --redis-prefix for two deployments on one server");
  }
  const parts = {
    endpoints,
    sentinelName: isSentinel ? decode(path) : null,
    tls: scheme === "rediss",
    prefix,
  };
  return new RedisAddress(parts, login === undefined ? null : parseLogin(login));
}

function parseEndpoint(text: string, defaultPort: number): Endpoint {
  const [, v6, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::([0-9]{1,5}))?$/.exec(text) ?? [];
  const host = v6 ?? name;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port < 1 || port > 65_535)
    throw unusable(`a host is not HOST or HOST:PORT; write ${FORMS}`);
  return { host, port };
}

/** Parses `user:password`, `:password` or `user`. */
function parseLogin(login: string): Credentials {
  const colon = login.indexOf(":");
  const username = decode(colon === -1 ? login : login.slice(0, colon));
  const password = colon === -1 ? "" : decode(login.slice(colon + 1));
  return { username: username === "" ? "default" : username, password };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unusable("a % in it is not followed by two hexadecimal digits");
  }
}

function unusable(problem: string): StoreError {
  return new StoreError("unreachable", `The address of Redis can't be used: ${problem}.`);
}
