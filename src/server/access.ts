import type { FastifyInstance, FastifyRequest } from "fastify";
import { ProtocolError } from "../protocol/errors.ts";
import type { Callers } from "./callers.ts";
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

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const SAME_ORIGIN: readonly string[] = [];
/** What a preflight allows: every method and header that a route here takes. */
const PREFLIGHT = {
  "access-control-allow-methods": "GET, HEAD, POST, DELETE",
  "access-control-allow-headers": "authorization, cache-control, content-type, last-event-id",
  "access-control-max-age": "7200",
} as const;
/** Addresses and names of the machine are read again at most this often. */
const REREAD_MS = 1_000;

export interface AccessOptions {
  /** Origins allowed beside the server's own, as `https://chat.example`. */
  readonly origins: readonly string[];
  readonly log: Pick<Logger, "warn" | "error">;
  /** Monotonic ms. */
  readonly elapsed: () => number;
  /** Returns the current addresses and names of the machine. */
  readonly machine?: () => Machine;
}

/** Where the server listens. */
export interface Listening {
  readonly scheme: "http" | "https";
  /** As it was given: an address or a name. */
  readonly host: string;
  /** The address that became of it. */
  readonly address: string;
  readonly port: number;
}

/**
 * Decides which web pages may call: those without `Origin` (no browser, or its own page's GET), those of `--origins`, and
 * those that this server served.
 *
 * The server's own origins are the machine's names and addresses with the port it listens on. Behind a forwarded port
 * (`docker run -p`, `ssh -L`, a router) it can't know its address. There `Origin` has to equal the request's `Host`, and
 * only where DNS can't have been made to lie: an IP address, a loopback name, a name of this machine. Any other name an
 * attacker could rebind, and would then control both. On loopback such a `Host` is refused altogether, for a rebound page
 * sends its GETs without `Origin`.
 */
export class Access {
  readonly #allowed: ReadonlySet<string>;
  /** A proxy on this machine may pass on the name that it is called by, which is that of an allowed origin. */
  readonly #allowedHosts: ReadonlySet<string>;
  readonly #refusals: BoundedLog;
  readonly #elapsed: () => number;
  readonly #readMachine: () => Machine;
  #listening: Listening | null = null;
  #names: ReadonlySet<string> = new Set();
  #own: ReadonlySet<string> = new Set();
  #ownHosts: ReadonlySet<string> = new Set();
  #readAt = Number.NEGATIVE_INFINITY;

  constructor({ origins, log, elapsed, machine = readMachine }: AccessOptions) {
    this.#allowed = new Set(origins.map((origin) => origin.toLowerCase()));
    this.#allowedHosts = new Set(origins.map((origin) => new URL(origin).host));
    this.#refusals = new BoundedLog(log, elapsed);
    this.#elapsed = elapsed;
    this.#readMachine = machine;
  }

  /** Called once the address is known: the server's own origins are then allowed. */
  listensOn(listening: Listening): void {
    this.#listening = listening;
    this.#read(listening);
  }

  /**
   * Refuses whom it must, answers preflights, and notes what lets an allowed origin read the answer, one that says that
   * it calls too much included. `callers` null: nobody does.
   */
  guard(app: FastifyInstance, callers: Callers | null): void {
    app.decorateRequest("crossOrigin");
    app.addHook("onRequest", (request, reply, done) => {
      request.crossOrigin = SAME_ORIGIN;
      // Refused ones count, too: they are answered.
      const overuse = callers?.refusal(request, reply) ?? undefined;
      const { origin } = request.headers;
      const host = hostOf(request);
      if (!this.#answersTo(host)) {
        this.#refusals.warn({ host: printable(host ?? "") }, "refused a Host that is not loopback");
        return done(overuse ?? notAllowed(this.#adviseHost()));
      }
      if (origin === undefined) return done(overuse);
      if (!this.#allows(origin.toLowerCase(), host)) {
        // Browsers send `Origin` for scripts marked `crossorigin`, too. These files are no secret, and without them the
        // page could not even say that it may not call.
        if (request.routeOptions.config.publicFile === true) return done(overuse);
        this.#refusals.warn({ origin: printable(origin) }, "refused an origin; --origins can allow it");
        return done(overuse ?? notAllowed(this.#advise(origin, request)));
      }
      const readable = {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "Retry-After",
        vary: "Origin",
      };
      request.crossOrigin = Object.entries(readable).flat();
      reply.headers(readable);
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
    // Since the last look the machine may have got another address or name.
    if (this.#listening === null || this.#elapsed() - this.#readAt < REREAD_MS) return false;
    this.#read(this.#listening);
    return this.#isOwn(origin, host);
  }

  #isOwn(origin: string, host: string | undefined): boolean {
    if (this.#own.has(origin)) return true;
    if (host === undefined || origin !== `${this.#listening?.scheme}://${host.toLowerCase()}`) return false;
    const name = nameIn(host);
    return isAddress(name) || isLoopbackName(name) || this.#names.has(name);
  }

  #read({ scheme, host, address, port }: Listening): void {
    this.#readAt = this.#elapsed();
    const machine = this.#readMachine();
    const names = isLoopbackAddress(address) ? [] : machine.names;
    const known = isEveryAddress(address)
      ? [...LOOPBACK_NAMES, ...machine.addresses.map(bracketed), ...names]
      : [...(isLoopbackAddress(address) ? LOOPBACK_NAMES : names), bracketed(address), bracketed(host)];
    const suffix = port === (scheme === "http" ? 80 : 443) ? "" : `:${port}`;
    this.#names = new Set(names);
    this.#ownHosts = new Set(known.map((name) => `${name}${suffix}`));
    this.#own = new Set([...this.#ownHosts].map((own) => `${scheme}://${own}`));
  }

  #adviseHost(): string {
    const { scheme, port } = this.#listening ?? {};
    const { href } = new URL(`${scheme}://localhost:${port}/`);
    return `This server listens on loopback alone. Open ${href}, or start it with --host 0.0.0.0; behind a proxy, give the page's address with --origins.`;
  }

  /** Says what to do: for a page of this server that was opened by a name which is not known to be its own, where to open it. */
  #advise(origin: string, request: FastifyRequest): string {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin.toLowerCase()) {
      return "This Origin is none that can be allowed. Call from a page with an http: or https: address.";
    }
    const allow = `start the server with --origins ${printable(origin)}`;
    const { scheme, port } = this.#listening ?? {};
    const address = withoutMapping(request.raw.socket.localAddress ?? "");
    const { protocol, host, port: its } = new URL(origin);
    const isServedHere = protocol === `${scheme}:` && host === hostOf(request)?.toLowerCase();
    if (!isServedHere || Number(its || (scheme === "http" ? 80 : 443)) !== port || address === "") {
      return `The origin ${printable(origin)} is not allowed. To allow it, ${allow}.`;
    }
    const place = new URL(`${scheme}://${bracketed(address)}:${port}/`);
    return `${host} is not known to be a name of this server. Open ${place.href} instead, or ${allow}.`;
  }
}

/** The host a request is for. HTTP/2 has a pseudo-header (RFC 9113, section 8.3.1) of which Node makes no `Host`. */
export function hostOf({ headers }: Pick<FastifyRequest, "headers">): string | undefined {
  const authority = headers[":authority"];
  return typeof authority === "string" ? authority : headers.host;
}

function notAllowed(message: string): ProtocolError {
  return new ProtocolError("not_allowed", { message });
}
