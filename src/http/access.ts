import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ProtocolError } from "../protocol/errors.ts";
import type { Callers } from "./callers.ts";

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const SAME_ORIGIN: readonly string[] = [];
const PREFLIGHT_SECONDS = "7200";

/**
 * Who may call: no Origin (not a browser, or its own page's GET), the server's own origins, and those it was told of.
 * Never a comparison with `Host`, which a rebound DNS name controls; on loopback, a foreign `Host` is refused for that reason.
 */
export class Access {
  readonly #allowed: Set<string>;
  /** `Host` as the server's own clients send it: known without taking it apart. */
  readonly #ownHosts = new Set<string>();
  #loopback = false;

  constructor(origins: readonly string[]) {
    this.#allowed = new Set(origins.map((origin) => origin.toLowerCase()));
    // A proxy on this machine may pass on the name that it is called by, which is that of an allowed origin.
    for (const origin of origins) this.#ownHosts.add(new URL(origin).host);
  }

  /** Called once the address is known: the server's own origins are then allowed. */
  listensOn(scheme: "http" | "https", host: string, port: number): void {
    this.#loopback = isLoopback(host);
    for (const name of ownNames(host)) {
      const own = `${name}${port === (scheme === "http" ? 80 : 443) ? "" : `:${port}`}`;
      this.#ownHosts.add(own);
      this.#allowed.add(`${scheme}://${own}`);
    }
  }

  /**
   * Refuses whom it must, answers preflights, and notes what lets an allowed origin read the answer, one that says that
   * it calls too much included. `callers` null: nobody does.
   */
  guard(app: FastifyInstance, callers: Callers | null): void {
    app.decorateRequest("crossOrigin");
    app.addHook("onRequest", (request, reply, done) => {
      request.crossOrigin = SAME_ORIGIN;
      const { origin } = request.headers;
      // HTTP/2 has a pseudo-header in its place (RFC 9113, 8.3.1), of which Node makes no `Host`.
      const host = request.headers.host ?? authorityOf(request);
      if (this.#loopback && !this.#ownHosts.has(host ?? "") && !isLoopbackHost(host)) {
        return done(notAllowed("On loopback only localhost, 127.0.0.1 and [::1] are served."));
      }
      if (origin === undefined) return done(callers?.refusal(request, reply) ?? undefined);
      if (!this.#allowed.has(origin.toLowerCase())) {
        return done(notAllowed("This origin is not allowed. Start the server with --origins to allow it."));
      }
      const readable = {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "Retry-After",
        vary: "Origin",
      };
      request.crossOrigin = Object.entries(readable).flat();
      reply.headers(readable);
      const refusal = callers?.refusal(request, reply) ?? undefined;
      if (request.method !== "OPTIONS" || refusal !== undefined) return done(refusal);
      reply
        .code(204)
        .headers({
          "access-control-allow-methods": "GET, POST, DELETE",
          "access-control-allow-headers": "authorization, content-type",
          "access-control-max-age": PREFLIGHT_SECONDS,
        })
        .send();
    });
  }
}

function authorityOf({ headers }: FastifyRequest): string | undefined {
  const authority = headers[":authority"];
  return typeof authority === "string" ? authority : undefined;
}

function notAllowed(message: string): ProtocolError {
  return new ProtocolError("not_allowed", { message });
}

/** Whether what is given as `--host` is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function isLoopbackHost(host: string | undefined): boolean {
  const name = host?.replace(/:[0-9]*$/, "").toLowerCase();
  return name !== undefined && (LOOPBACK_NAMES.includes(name) || (isIP(name) === 4 && name.startsWith("127.")));
}

function ownNames(host: string): string[] {
  if (isLoopback(host)) return LOOPBACK_NAMES;
  if (host !== "0.0.0.0" && host !== "::") return [bracketed(host)];
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [...LOOPBACK_NAMES, ...addresses.map(({ address }) => bracketed(address))];
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host.toLowerCase();
}
