import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type ErrorCode, ProtocolError } from "../protocol/errors.ts";
import { LIMITS } from "../protocol/limits.ts";
import { isAnswering } from "../transports/shared/answering.ts";
import { answerClientError, sendFailure } from "./failures.ts";
import { acceptJson } from "./json.ts";

/** Above the longest hold, so that a connection is still there for the next poll. */
export const KEEP_ALIVE_MS = LIMITS.holdMs + 5_000;

/** Fastify's, which takes the requests of HTTP/2 as well, though its type does not say so. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface AppOptions {
  /** Where a GET may become a WebSocket. */
  readonly upgradePaths: ReadonlySet<string>;
  /** A request must have arrived whole in this time. */
  readonly requestTimeoutMs: number;
  /** Whose X-Forwarded-For is believed; null for nobody's. */
  readonly isProxy: ((address: string) => boolean) | null;
  /** Makes the server that listens, where it is not Node's own for HTTP/1.1 in the clear. */
  readonly listener?: ((handler: HttpHandler, isUpgrade: (request: IncomingMessage) => boolean) => Server) | undefined;
  /** Told of what was refused before it was a request. */
  readonly onRefused: (code: ErrorCode) => void;
}

/** Fastify with this server's limits and time-outs, and without a route. */
export function createApp({ upgradePaths, requestTimeoutMs, isProxy, listener, onRefused }: AppOptions) {
  // An upgrade anywhere else, or to anything else (a client offering h2c), is an ordinary request. So is one behind a
  // request that is not answered yet: the plugin would fail at `assignSocket` and leave the socket to nobody, open for good.
  const isUpgrade = ({ method, headers, url = "", socket }: IncomingMessage): boolean =>
    method === "GET" &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    upgradePaths.has(url.split("?", 1)[0] ?? "") &&
    !isAnswering(socket);
  const app: FastifyInstance = Fastify({
    genReqId: () => "",
    bodyLimit: LIMITS.bodyBytes,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    ...(isProxy === null ? {} : { trustProxy: isProxy }),
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    clientErrorHandler: (error, socket) => answerClientError(error, socket, onRefused),
    frameworkErrors: (_error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      sendFailure(reply, new ProtocolError("malformed"));
    },
    ...(listener === undefined
      ? {}
      : { serverFactory: (handler: HttpHandler): Server => listener(handler, isUpgrade) }),
    http: {
      maxHeaderSize: LIMITS.headerBytes,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, requestTimeoutMs / 4),
      shouldUpgradeCallback: isUpgrade,
      // A poll has no body: without this each would still have its empty one streamed to an end.
      optimizeEmptyRequests: true,
    },
  });
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  app.decorateRequest("seat", null);
  acceptJson(app);
  return app;
}
