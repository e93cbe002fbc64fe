import type { FastifyInstance, FastifyRequest } from "fastify";
import { ProtocolError } from "../protocol/errors.ts";
import { BoundedLog, type Logger, printable } from "./log.ts";
import {
  bracketed,
  isAddress,
  isEveryAddress,
  isLoopbackAddress,
  isLoopbackName,
  type Machine,
  nameIn,
  readMachine,
  withoutMapping,
} from "./machine.ts";
import type { Callers } from "./rate-limits.ts";

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const SAME_ORIGIN: readonly string[] = [];
/** Every method and header that a route takes. */
const PREFLIGHT = {
  "access-control-allow-methods": "GET, HEAD, POST, DELETE",
  "access-control-allow-headers": "authorization, cache-control, content-type, last-event-id",
  "access-control-max-age": "7200",
} as const;
/** How often the machine's addresses and names are read again, at most. */
const REREAD_MS = 1_000;

export interface AccessOptions {
  /** Origins allowed beside the server's own, as `https://chat.example`. */
  readonly origins: readonly string[];
  readonly log: Pick<Logger, "warn" | "error">;
  /** Monotonic ms. */
  readonly monotonicNow: () => number;
  /** Returns the current addresses and names of the machine. */
  readonly machine?: () => Machine;
}

/** The address that the server listens on. */
export interface Listening {
  readonly scheme: "http" | "https";
  /** The `--host` option: an address or a name. */
  readonly host: string;
  /** The address that `host` resolved to. */
  readonly address: string;
  readonly port: number;
}

/**
 * Decides which web pages may call: requests without `Origin` (no browser, or a GET of the server's own page), those of
 * `--origins`, and those of the server's own pages.
 *
 * The server's own origins are the machine's names and addresses with the port that it listens on. Behind a forwarded port
 * (`docker run -p`, `ssh -L`, a router) it can't know its public address. There `Origin` must equal the request's `Host`,
 * and `Host` must be an IP address, a loopback name or a name of this machine. An attacker could rebind any other name
 * and would then control both headers. A server on loopback refuses such a `Host` even without `Origin`, since a rebound
 * page sends its GETs without one.
 */
export class Access {
  readonly #allowed: ReadonlySet<string>;
  /** Hosts of the allowed origins: a proxy on this machine may forward them. */
  readonly #allowedHosts: ReadonlySet<string>;
  readonly #refusals: BoundedLog;
  readonly #monotonicNow: () => number;
  readonly #readMachine: () => Machine;
  #listening: Listening | null = null;
  #names: ReadonlySet<string> = new Set();
  #ownOrigins: ReadonlySet<string> = new Set();
  #ownHosts: ReadonlySet<string> = new Set();
  #readAt = Number.NEGATIVE_INFINITY;

  constructor({ origins, log, monotonicNow, machine = readMachine }: AccessOptions) {
    this.#allowed = new Set(origins.map((origin) => origin.toLowerCase()));
    this.#allowedHosts = new Set(origins.map((origin) => new URL(origin).host));
    this.#refusals = new BoundedLog(log, monotonicNow);
    this.#monotonicNow = monotonicNow;
    this.#readMachine = machine;
  }

  /** Allows the server's own origins. Call it when the server listens. */
  listensOn(listening: Listening): void {
    this.#listening = listening;
    this.#read(listening);
  }

  /**
   * Rejects foreign hosts and origins and requests over a limit, answers preflights, and sets CORS headers (on 429s too).
   * `callers`: null for no limits.
   */
  guard(app: FastifyInstance, callers: Callers | null): void {
    app.decorateRequest("crossOrigin");
    app.addHook("onRequest", (request, reply, done) => {
      request.crossOrigin = SAME_ORIGIN;
      // Before the checks below: a refused request costs an answer too.
      const overuse = callers?.refusal(request, reply) ?? undefined;
      const { origin } = request.headers;
      const host = hostOf(request);
      if (!this.#answersTo(host)) {
        this.#refusals.warn({ host: printable(host ?? "") }, "refused a Host that is not loopback");
        return done(overuse ?? notAllowed(this.#adviseHost()));
      }
      if (origin === undefined) return done(overuse);
      if (!this.#allows(origin.toLowerCase(), host)) {
        // Browsers send `Origin` for scripts marked `crossorigin` too. These files are public, and the page needs them to
        // show why it may not call.
        if (request.routeOptions.config.publicFile === true) return done(overuse);
        this.#refusals.warn({ origin: printable(origin) }, "refused an origin; --origins can allow it");
        return done(overuse ?? notAllowed(this.#advise(origin, request)));
      }
      const corsHeaders = {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "Retry-After",
        vary: "Origin",
      };
      request.crossOrigin = Object.entries(corsHeaders).flat();
      reply.headers(corsHeaders);
      if (request.method !== "OPTIONS" || overuse !== undefined) return done(overuse);
      reply.code(204).headers(PREFLIGHT).send();
    });
  }

  #answersTo(host: string | undefined): boolean {
    if (this.#listening === null || !isLoopbackAddress(this.#listening.address)) return true;
    if (host === undefined) return false;
    return this.#ownHosts.has(host) || this.#allowedHosts.has(host) || isLoopbackName(nameIn(host));
  }

  #allows(origin: string, host: string | undefined): boolean {
    if (this.#allowed.has(origin) || this.#isOwn(origin, host)) return true;
    // The machine may have a new address or name.
    if (this.#listening === null || this.#monotonicNow() - this.#readAt < REREAD_MS) return false;
    this.#read(this.#listening);
    return this.#isOwn(origin, host);
  }

  #isOwn(origin: string, host: string | undefined): boolean {
    if (this.#ownOrigins.has(origin)) return true;
    if (host === undefined || origin !== `${this.#listening?.scheme}://${host.toLowerCase()}`) return false;
    const name = nameIn(host);
    return isAddress(name) || isLoopbackName(name) || this.#names.has(name);
  }

  #read({ scheme, host, address, port }: Listening): void {
    this.#readAt = this.#monotonicNow();
    const machine = this.#readMachine();
    const names = isLoopbackAddress(address) ? [] : machine.names;
    const known = isEveryAddress(address)
      ? [...LOOPBACK_NAMES, ...machine.addresses.map(bracketed), ...names]
      : [...(isLoopbackAddress(address) ? LOOPBACK_NAMES : names), bracketed(address), bracketed(host)];
    const suffix = port === (scheme === "http" ? 80 : 443) ? "" : `:${port}`;
    this.#names = new Set(names);
    this.#ownHosts = new Set(known.map((name) => `${name}${suffix}`));
    this.#ownOrigins = new Set([...this.#ownHosts].map((own) => `${scheme}://${own}`));
  }

  #adviseHost(): string {
    const { scheme, port } = this.#listening ?? {};
    const { href } = new URL(`${scheme}://localhost:${port}/`);
    return `This server only listens on loopback. Open ${href}, or start it with --host 0.0.0.0; behind a proxy, give the page's address with --origins.`;
  }

  /** Returns what to do: allow the origin, or open the page at an address that is known to be the server's. */
  #advise(origin: string, request: FastifyRequest): string {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin.toLowerCase()) {
      return "This Origin can't be allowed. Call from a page with an http: or https: address.";
    }
    const allow = `start the server with --origins ${printable(origin)}`;
    const { scheme, port } = this.#listening ?? {};
    const address = withoutMapping(request.raw.socket.localAddress ?? "");
    const { protocol, host, port: originPort } = new URL(origin);
    const isServedHere = protocol === `${scheme}:` && host === hostOf(request)?.toLowerCase();
    if (!isServedHere || Number(originPort || (scheme === "http" ? 80 : 443)) !== port || address === "") {
      return `The origin ${printable(origin)} is not allowed. To allow it, ${allow}.`;
    }
    const known = new URL(`${scheme}://${bracketed(address)}:${port}/`);
    return `${host} is not known to be a name of this server. Open ${known.href} instead, or ${allow}.`;
  }
}

/** Returns the host that a request is for. HTTP/2 sends a pseudo-header (RFC 9113, section 8.3.1) instead of `Host`. */
export function hostOf({ headers }: Pick<FastifyRequest, "headers">): string | undefined {
  const authority = headers[":authority"];
  return typeof authority === "string" ? authority : headers.host;
}

/** Headers that proxies and tunnels add. The client is then elsewhere, though the connection comes from this machine. */
const FORWARDED = new Set(["forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip"]);
const FORWARDED_FAMILIES = /^(x-forwarded|x-original|x-envoy|cf)-/;

/**
 * Returns whether a request comes from the server's own machine and names it by a loopback name. It is false for a client
 * behind a proxy on this machine, and for a web page whose name was rebound to loopback.
 */
export function isLocalRequest(request: Pick<FastifyRequest, "raw" | "headers">): boolean {
  return (
    isLoopbackAddress(request.raw.socket.remoteAddress ?? "") &&
    isLoopbackName(nameIn(hostOf(request) ?? "")) &&
    !Object.keys(request.headers).some((name) => FORWARDED.has(name) || FORWARDED_FAMILIES.test(name))
  );
}

function notAllowed(message: string): ProtocolError {
  return new ProtocolError("not_allowed", { message });
}
