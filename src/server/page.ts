import helmet from "@fastify/helmet";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

const YEAR_MS = 365 * 24 * 3_600_000;

/** What a document needs beyond the default headers. */
interface DocumentNeeds {
  /** Origins that it may connect to. Default: its own. */
  readonly connectSrc?: readonly string[];
  /** Isolated from other origins, so that the browser gives it a finer clock. Default false. */
  readonly isolated?: boolean;
}

/** What this server offers to the page, served at `/page.json`: probing a missing route would log an error in the browser. */
interface PageOffers {
  /** Whether there is a laboratory. */
  readonly lab: boolean;
}

/** Adds the built page. Its headers are for documents and stay in this scope: a poll does not need them. */
export function pageRoutes(app: FastifyInstance, root: string, offers: PageOffers): void {
  documentHeaders(app);
  app.get("/page.json", { exposeHeadRoute: true }, (_request, reply) =>
    reply.header("cache-control", "no-store").send(offers),
  );
  // The same folder contains the lab's pages, which are served only with the lab.
  app.register(fastifyStatic, { ...STATIC_FILES, root, globIgnore: ["lab/**"] });
}

/** Options for serving a built folder: one route per file, and its caching. */
export const STATIC_FILES = {
  wildcard: false,
  cacheControl: false,
  setHeaders: (reply: FastifyReply, path: string): void => {
    // Built files carry a hash of their content in their name; the document that names them does not.
    const value = path.includes("/assets/") ? `public, max-age=${YEAR_MS / 1_000}, immutable` : "no-cache";
    reply.header("cache-control", value);
  },
} as const;

/** Adds the headers of documents to every answer of this scope, and lets any page load its routes. */
export function documentHeaders(app: FastifyInstance, { connectSrc, isolated = false }: DocumentNeeds = {}): void {
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, publicFile: true };
  });
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
        ...(connectSrc === undefined ? {} : { connectSrc: [...connectSrc] }),
      },
    },
    crossOriginEmbedderPolicy: isolated,
    // The server may be plain HTTP on loopback. A TLS proxy in front adds this header itself.
    strictTransportSecurity: false,
    referrerPolicy: { policy: "no-referrer" },
  });
}

/** Returns whether a browser opened the address as a document. */
export function wantsDocument({ method, headers }: FastifyRequest): boolean {
  return (
    (method === "GET" || method === "HEAD") && /\btext\/html\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(headers.accept ?? "")
  );
}

/** Sends a 404 page. `hasLab`: whether the server has a lab. */
export function sendNotFoundDocument(reply: FastifyReply, path: string, hasLab: boolean): FastifyReply {
  const noLab = !hasLab && /^\/lab(\/|$)/.test(path);
  const [title, text] = noLab
    ? [
        "This server has no laboratory",
        "Start the server with <code>--lab</code>. The laboratory is not available with TLS (<code>--tls-cert</code>).",
      ]
    : ["There is no such page", "Check the address."];
  // Relative, because behind a proxy the server may not be at the root.
  const home = "../".repeat(path.split("/").length - 2) || "./";
  return reply
    .code(404)
    .headers({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      "referrer-policy": "no-referrer",
      vary: "Accept",
    })
    .send(
      `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">` +
        `<meta name="viewport" content="width=device-width"><title>${title}</title>` +
        `<h1>${title}</h1><p>${text}</p><p><a href="${home}">Open the chat</a></p></html>\n`,
    );
}
