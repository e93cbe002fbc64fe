import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { ProtocolError } from "../protocol/errors.ts";
import { answerClientError, PLAIN_HEADERS } from "./failures.ts";
import { addressesOf, Listeners } from "./listeners.ts";
import type { Logger } from "./log.ts";
import { isLoopbackAddress, isLoopbackName, nameIn } from "./machine.ts";
import { isFromHere } from "./near.ts";
import { Pipelining } from "./pipelining.ts";

/**
 * Where metrics are shown: on the server's own port to callers on this machine, on a port of their own to whoever
 * reaches it, or nowhere.
 */
export type MetricsPlace = "loopback" | "off" | { readonly host: string; readonly port: number };

/** Metrics can't be shown where they should be. Its message is one line. */
export class MetricsError extends Error {
  override readonly name = "MetricsError";
}

/** What is shown. */
interface Exposed {
  text(): Promise<string>;
  readonly contentType: string;
}

const PATH = "/metrics";

/** Adds `/metrics` to the server, for callers on this machine. */
export function metricsRoute(app: FastifyInstance, metrics: Exposed): void {
  app.get(PATH, { exposeHeadRoute: true }, async (request, reply) => {
    if (!isFromHere(request)) {
      throw new ProtocolError("not_allowed", {
        message:
          "Metrics are for callers on the server's machine, by a loopback name. Start it with --metrics HOST:PORT to show them elsewhere.",
      });
    }
    const text = await metrics.text();
    return reply.headers(PLAIN_HEADERS).header("content-type", metrics.contentType).send(text);
  });
}

/** Far more than look at metrics. */
const MAX_CONNECTIONS = 100;
const REQUEST_TIMEOUT_MS = 5_000;
const SILENT_MS = 60_000;

/** Where metrics have a port to themselves. */
export interface MetricsListener {
  readonly port: number;
  /** Stops to listen and cuts all connections. */
  close(): void;
}

/**
 * Listens for `/metrics` on a port of its own, on every address of the host. Limits per address don't apply there. Rejects
 * with MetricsError if the first address fails; further ones are logged and skipped.
 */
export async function listenForMetrics(
  metrics: Exposed,
  { host, port }: { readonly host: string; readonly port: number },
  log: Pick<Logger, "warn">,
): Promise<MetricsListener> {
  const pipelining = new Pipelining((request, response) => {
    // Where it listens on loopback, another name is a web page's that was rebound to it.
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
    metrics.text().then(
      (text) => response.writeHead(200, { ...PLAIN_HEADERS, "content-type": metrics.contentType }).end(text),
      () => response.writeHead(500, PLAIN_HEADERS).end(),
    );
  });
  const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer({ ...timeouts, connectionsCheckingInterval: 1_000 }, pipelining.handle);
  // An answer that is not taken is silence too.
  server.setTimeout(SILENT_MS);
  server.maxConnections = MAX_CONNECTIONS;
  server.on("clientError", (error, socket: Socket) =>
    answerClientError(error, socket, pipelining.current(socket), () => undefined),
  );
  const listeners = new Listeners(server);
  const [first = host, ...others] = await addressesOf(host);
  server.listen(port, first);
  try {
    await once(server, "listening");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MetricsError(
      `Metrics can't be shown at ${host}:${port} (${reason}). Choose another place with --metrics.`,
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
