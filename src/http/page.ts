import helmet from "@fastify/helmet";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

const YEAR_MS = 365 * 24 * 3_600_000;

/** The built page. Its headers are for documents, and stay in this scope: they would only weigh down a poll. */
export function pageRoutes(app: FastifyInstance, root: string): void {
  app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", "data:"],
        objectSrc: ["'none'"],
      },
    },
    // Served in the clear on loopback: whoever puts TLS in front says this itself.
    strictTransportSecurity: false,
    referrerPolicy: { policy: "no-referrer" },
  });
  app.register(fastifyStatic, {
    root,
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Built files carry a hash of their content in their name; the document that names them does not.
      const value = path.includes("/assets/") ? `public, max-age=${YEAR_MS / 1_000}, immutable` : "no-cache";
      reply.header("cache-control", value);
    },
  });
}
