import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import type { ChatHub } from "../chat/hub.ts";
import type { Clock } from "../clock.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { isLocalRequest } from "./access.ts";
import { answerClientError, PLAIN_HEADERS } from "./failures.ts";
import { addressesOf, Listeners } from "./listeners.ts";
import type { Logger } from "./log.ts";
import { isLoopbackAddress, isLoopbackName, nameIn } from "./machine.ts";
import { addGauges, type Metrics } from "./metrics.ts";
import { Pipelining } from "./pipelining.ts";
import { healthRoutes, LoopDelay, readinessOf } from "./readiness.ts";

/** Where metrics are served: on the server's port to callers on this machine, on a port of their own, or nowhere. */
export type MetricsPlace = "loopback" | "off" | { readonly host: string; readonly port: number };

/** Metrics can't be served where they should be. Its message is one line. */
export class MetricsError extends Error {
  override readonly name = "MetricsError";
}

export interface Monitored {
  readonly app: FastifyInstance;
  readonly listeners: Listeners;
  readonly hub: ChatHub;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly transports: readonly string[];
  readonly place: MetricsPlace;
  readonly log: Logger;
}

/**
 * Adds health routes and metrics. Call it before the server listens, and the returned function once it does: it listens
 * for metrics, if they have a port of their own, and resolves to that port or null. It rejects with MetricsError.
 */
export function installMonitoring(monitored: Monitored): () => Promise<number | null> {
  const { app, listeners, hub, clock, transports, place, log } = monitored;
  const { registry, looped } = monitored.metrics;
  const loop = new LoopDelay(clock, looped);
  const sockets = () => listeners.connections();
  const readiness = () =>
    readinessOf(hub, async () => {
      if (loop.tooLate) return "The server is too busy: its event loop is late by more than half a second.";
      const { connections } = hub.settings;
      return connections !== null && (await sockets()) >= connections ? "Connection limit reached." : null;
    });
  healthRoutes(app, readiness);
  addGauges(registry, { hub, transports, sockets, readiness });
  if (place === "loopback") metricsRoute(app, registry);
  let own: MetricsListener | null = null;
  app.addHook("onClose", async () => {
    loop.stop();
    own?.close();
  });
  return async () => {
    if (typeof place === "string") return null;
    own = await listenForMetrics(registry, place, log);
    return own.port;
  };
}

const PATH = "/metrics";

/** Adds `/metrics` to the server, for callers on this machine. */
function metricsRoute(app: FastifyInstance, registry: Registry): void {
  app.get(PATH, { exposeHeadRoute: true }, async (request, reply) => {
    if (!isLocalRequest(request)) {
      throw new ProtocolError("not_allowed", {
        message:
          "Metrics are only served on the server's own machine, at a loopback address. Start it with --metrics HOST:PORT to serve them elsewhere.",
      });
    }
    const text = await registry.metrics();
    return reply.headers(PLAIN_HEADERS).header("content-type", registry.contentType).send(text);
  });
}

/** Far more than scrapers need. */
const MAX_CONNECTIONS = 100;
const REQUEST_TIMEOUT_MS = 5_000;
const SILENT_MS = 60_000;

/** A listener for metrics alone. */
interface MetricsListener {
  readonly port: number;
  /** Stops listening and cuts all connections. */
  close(): void;
}

/**
 * Listens for `/metrics` on a port of its own, on every address of the host. Limits per address don't apply there. Rejects
 * with MetricsError if the first address fails; further ones are logged and skipped.
 */
async function listenForMetrics(
  registry: Registry,
  { host, port }: { readonly host: string; readonly port: number },
  log: Pick<Logger, "warn">,
): Promise<MetricsListener> {
  const pipelining = new Pipelining((request, response) => {
    // A `Host` that is not loopback means that a web page's name was rebound to loopback.
    if (isLoopbackAddress(listeners.bound.address) && !isLoopbackName(nameIn(request.headers.host ?? ""))) {
      response.writeHead(403, PLAIN_HEADERS).end();
      return;
    }
    if (request.url?.split("?", 1)[0] !== PATH) {
      response.writeHead(404, PLAIN_HEADERS).end();
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { ...PLAIN_HEADERS, allow: "GET, HEAD" }).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { ...PLAIN_HEADERS, "content-type": registry.contentType }).end(text),
      () => response.writeHead(500, PLAIN_HEADERS).end(),
    );
  });
  const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer({ ...timeouts, connectionsCheckingInterval: 1_000 }, pipelining.handle);
  // Also ends connections whose peer does not read the answer.
  server.setTimeout(SILENT_MS);
  server.maxConnections = MAX_CONNECTIONS;
  server.on("clientError", (error, socket: Socket) =>
    answerClientError(error, socket, pipelining.current(socket), () => undefined),
  );
  const listeners = new Listeners(server);
  const [first = host, ...others] = await addressesOf(host);
  // A worker's metrics are its own, not those of the workers that share the server's port.
  server.listen({ port, host: first, exclusive: true });
  try {
    await once(server, "listening");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MetricsError(
      `Metrics can't be served at ${host}:${port} (${reason}). Choose another place with --metrics.`,
      {
        cause: error,
      },
    );
  }
  await listeners.add(others, log);
  return {
    port: listeners.bound.port,
    close: () => {
      void listeners.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
