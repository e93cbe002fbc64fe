import type { IncomingMessage } from "node:http";
import { TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { ChatHub } from "./chat/hub.ts";
import { DEFAULT_SETTINGS, type Settings } from "./chat/settings.ts";
import { Access } from "./http/access.ts";
import { apiRoutes } from "./http/api.ts";
import { answerClientError, handleFailures, sendFailure } from "./http/failures.ts";
import { healthRoutes } from "./http/health.ts";
import { acceptJson } from "./http/json.ts";
import { createLogger, describeError, logRequests } from "./http/log.ts";
import { pageRoutes } from "./http/page.ts";
import { ProtocolError } from "./protocol/errors.ts";
import { LIMITS } from "./protocol/limits.ts";
import { openStore } from "./store/open.ts";
import type { StoreSpec } from "./store/spec.ts";
import type { Mountable } from "./transports/contract.ts";
import { serverTransports } from "./transports/registry.server.ts";
import { realWorld } from "./world.ts";

/** What the server is built with; `main.ts` fills it from the command line, tests from their needs. */
export interface ServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 picks a free one. Default 0. */
  readonly port?: number;
  /** Default `silent`. */
  readonly log?: string;
  /** Where rooms are kept. Default: in memory. */
  readonly store?: StoreSpec;
  /** Key of session tokens. Default: one that lives as long as the store, in a file beside it or in memory. */
  readonly secret?: string;
  /** Origins allowed beside the server's own. */
  readonly origins?: readonly string[];
  /** false lifts every limit per session and address. */
  readonly rateLimit?: boolean;
  /** Folder of the built page; null serves none. Default null. */
  readonly pageRoot?: string | null;
  /** A request must have arrived whole after so many ms. Default 20,000. */
  readonly requestTimeoutMs?: number;
  readonly settings?: Partial<Settings>;
  /** Default: the registry. */
  readonly transports?: readonly Mountable[];
}

export interface RunningServer {
  readonly url: URL;
  /** How much the core holds of everything: for leak tests. */
  readonly counts: ChatHub["counts"];
  /** Says `bye` to every reader in batches, then closes. Resolves when the last has gone, at the latest after `drainMs`. */
  drain(): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
}

/** Above the longest hold, so that a connection is still there for the next poll. */
const KEEP_ALIVE_MS = LIMITS.holdMs + 5_000;

const LAST_CALL_MS = 1_000;

/**
 * Builds the server and starts to listen. Rejects with StoreError where the store can't be opened, and with Node's error
 * (EADDRINUSE, EACCES …) where the address can't be listened on.
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { host = "127.0.0.1", port = 0, transports = serverTransports, pageRoot = null } = options;
  const unlimited: Partial<Settings> = options.rateLimit === false ? { commandRate: null } : {};
  const settings = { ...DEFAULT_SETTINGS, ...options.settings, ...unlimited };
  const log = createLogger(options.log ?? "silent");
  const world = realWorld((error) => log.error(describeError(error), "something failed that nobody waits for"));
  const kept = openStore(options.store ?? { kind: "memory" }, { secret: options.secret, settings, world });
  const hub = new ChatHub(world, kept.secret, settings, kept.store);
  const app = createApp(options);
  const access = new Access(options.origins ?? []);

  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  app.decorateRequest("seat", null);
  acceptJson(app);
  handleFailures(app, log);
  access.guard(app);
  logRequests(app, log);
  healthRoutes(app, hub);
  app.register(async (api) =>
    apiRoutes(
      api,
      hub,
      transports.map(({ name, title, duplex }) => ({ name, title, duplex })),
    ),
  );
  for (const transport of transports) app.register(async (scope) => transport.mount(scope, hub));
  if (pageRoot !== null) app.register(async (page) => pageRoutes(page, pageRoot));

  try {
    await app.listen({ host, port });
  } catch (error) {
    await hub.close();
    throw error;
  }
  const address = app.server.address();
  const listening = typeof address === "object" && address !== null ? address.port : port;
  access.listensOn(host, listening);
  log.info({ host, port: listening }, "listening");
  const close = async (): Promise<void> => {
    await hub.close();
    app.server.closeAllConnections();
    await app.close();
  };
  return {
    url: new URL(`http://${host.includes(":") ? `[${host}]` : host}:${listening}/`),
    get counts() {
      return hub.counts;
    },
    drain: async () => {
      log.info({ connections: hub.counts.connections }, "draining");
      await hub.drain();
      // Readers that are left have had their time; without this, closing would wait for a socket nobody reads.
      await hub.close();
      // Replies under way are let out; who then still holds its connection has had its time as well.
      const lastCall = setTimeout(() => app.server.closeAllConnections(), LAST_CALL_MS);
      await app.close();
      clearTimeout(lastCall);
      log.info("drained");
    },
    close,
  };
}

function createApp({ requestTimeoutMs = 20_000, transports = serverTransports }: ServerOptions): FastifyInstance {
  const duplex = new Set(transports.filter((transport) => transport.duplex).map(({ name }) => `/transports/${name}`));
  // An upgrade anywhere else, or to anything else (a client offering h2c), is an ordinary request.
  const isUpgrade = ({ method, headers, url = "" }: IncomingMessage): boolean =>
    method === "GET" && headers.upgrade?.toLowerCase() === "websocket" && duplex.has(url.split("?", 1)[0] ?? "");
  return Fastify({
    genReqId: () => "",
    bodyLimit: LIMITS.bodyBytes,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    clientErrorHandler: answerClientError,
    frameworkErrors: (_error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      sendFailure(reply, new ProtocolError("malformed"));
    },
    http: {
      maxHeaderSize: LIMITS.headerBytes,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, requestTimeoutMs / 4),
      shouldUpgradeCallback: isUpgrade,
      // A poll has no body: without this each would still have its empty one streamed to an end.
      optimizeEmptyRequests: true,
    },
  });
}
