import helmet from "@fastify/helmet";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

const YEAR_MS = 365 * 24 * 3_600_000;

/** What a document may do beyond the page's own origin. */
interface DocumentNeeds {
  /** Where it may connect to. Default: its own origin. */
  readonly connectSrc?: readonly string[];
  /** Shares its process with no other origin, so that the browser gives it its finer clock. Default false. */
  readonly isolated?: boolean;
}

/** What the page is told of its server, at `/page.json`: asking a route that may not be there is an error in a browser. */
interface PageOffers {
  /** Whether there is a laboratory. */
  readonly lab: boolean;
}

/** The built page. Its headers are for documents, and stay in this scope: they would only weigh down a poll. */
export function pageRoutes(app: FastifyInstance, root: string, offers: PageOffers): void {
  documentHeaders(app);
  app.get("/page.json", { exposeHeadRoute: true }, (_request, reply) =>
    reply.header("cache-control", "no-store").send(offers),
  );
  // The laboratory's pages stand in the same folder, and are there only when it is.
  app.register(fastifyStatic, { ...STATIC_FILES, root, globIgnore: ["lab/**"] });
}

/** How a built folder is served: one route per file, and how long each may be kept. */
export const STATIC_FILES = {
  wildcard: false,
  cacheControl: false,
  setHeaders: (reply: FastifyReply, path: string): void => {
    // Built files carry a hash of their content in their name; the document that names them does not.
    const value = path.includes("/assets/") ? `public, max-age=${YEAR_MS / 1_000}, immutable` : "no-cache";
    reply.header("cache-control", value);
  },
} as const;

/** The headers of documents, for every answer of this scope, whose routes may be read by any page. */
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
    // Served in the clear on loopback: whoever puts TLS in front says this itself.
    strictTransportSecurity: false,
    referrerPolicy: { policy: "no-referrer" },
  });
}

/** Whether a request comes from a person who opened an address in a browser. */
export function wantsDocument({ method, headers }: FastifyRequest): boolean {
  return (
    (method === "GET" || method === "HEAD") && /\btext\/html\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(headers.accept ?? "")
  );
}

/** Answers a person who opened an address that is not there. `hasLab`: whether there is a laboratory. */
export function sendNotFoundDocument(reply: FastifyReply, path: string, hasLab: boolean): FastifyReply {
  const noLab = !hasLab && /^\/lab(\/|$)/.test(path);
  const [title, text] = noLab
    ? [
        "This server has no laboratory",
        "Start it with <code>--lab</code>. With TLS (<code>--tls-cert</code>) there is none.",
      ]
    : ["There is no such page", "Check the address."];
  // Relative, for behind a proxy the server may not be at the root.
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
