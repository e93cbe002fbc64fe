import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { ProtocolError } from "../protocol/errors.ts";
import { answerClientError, PLAIN_HEADERS } from "./failures.ts";
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

/**
 * Listens for `/metrics` on a port of its own, for which the limits per address don't hold: it is for few. Rejects with
 * MetricsError where it can't be listened on.
 */
export function listenForMetrics(metrics: Exposed, { host, port }: { host: string; port: number }): Promise<Server> {
  const pipelining = new Pipelining((request, response) => {
    // Where it listens on loopback, another name is a web page's that was rebound to it.
    if (onLoopback() && !isLoopbackName(nameIn(request.headers.host ?? ""))) {
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
  const onLoopback = (): boolean => {
    const address = server.address();
    return typeof address === "object" && address !== null && isLoopbackAddress(address.address);
  };
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const message = `Metrics can't be shown at ${host}:${port} (${error.message}). Choose another place with --metrics.`;
      reject(new MetricsError(message, { cause: error }));
    });
    server.listen(port, host, () => resolve(server));
  });
}
