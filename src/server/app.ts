import { isUtf8 } from "node:buffer";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import websocketPlugin from "@fastify/websocket";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type ErrorCode, ProtocolError } from "../protocol/errors.ts";
import { LIMITS, SUBPROTOCOL } from "../protocol/limits.ts";
import { answerClientError, answerRaw, sendFailure } from "./failures.ts";
import { type HttpHandler, type OnWrote, Pipelining } from "./pipelining.ts";

/** Above the longest hold: the connection of a held poll must not count as silent, and must be open for the next poll. */
export const KEEP_ALIVE_MS = LIMITS.holdMs + 5_000;

/** Makes the server that listens. `isUpgrade` decides which requests for an upgrade are granted one. */
export type Listener = (handler: HttpHandler, isUpgrade: (request: IncomingMessage) => boolean) => Server;

export interface AppOptions {
  /** Where a GET may become a WebSocket. */
  readonly upgradePaths: ReadonlySet<string>;
  /** Time for a whole request to arrive. */
  readonly requestTimeoutMs: number;
  /** A connection without traffic is closed after this time, whether idle or with an unanswered request. */
  readonly keepAliveMs?: number;
  /** Returns whether an address is a proxy whose X-Forwarded-For is trusted; null: none is. */
  readonly isProxy: ((address: string) => boolean) | null;
  /** Undefined: HTTP/1.1 without TLS. */
  readonly listener?: Listener | undefined;
  /** Called for each refusal before there is a request. */
  readonly onRefused: (code: ErrorCode) => void;
  readonly onWrote: OnWrote;
}

/** Fastify with this server's limits and time-outs, and without a route. */
export function createApp(options: AppOptions): FastifyInstance {
  const { upgradePaths, isProxy, listener = plainListener(options), onRefused, onWrote } = options;
  // Assigned before `Fastify()` returns: it calls `serverFactory`.
  let pipelining: Pipelining;
  const app: FastifyInstance = Fastify({
    genReqId: () => "",
    bodyLimit: LIMITS.bodyBytes,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    ...(isProxy === null ? {} : { trustProxy: isProxy }),
    clientErrorHandler: (error, socket) => answerClientError(error, socket, pipelining.current(socket), onRefused),
    frameworkErrors: (_error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      sendFailure(reply, new ProtocolError("malformed"));
    },
    serverFactory: (handler: HttpHandler): Server => {
      pipelining = new Pipelining(handler, onWrote);
      const server = listener(pipelining.handle, (request) => isUpgrade(request, upgradePaths, pipelining));
      // An expectation that is not known may be ignored (RFC 9110, 10.1.1); Node would answer 417 by itself.
      return server.on("checkExpectation", pipelining.handle);
    },
  });
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  app.addHook("onRequest", (request, reply, done) => {
    if (hasOneHost(request.raw)) return done();
    reply.header("connection", "close");
    done(new ProtocolError("malformed", { message: "The request needs exactly one Host header (RFC 9112, 3.2)." }));
  });
  acceptJson(app);
  return app;
}

/**
 * Accepts only JSON bodies in valid UTF-8: decoding with replacement characters would change a message. Clients announce
 * JSON on requests without a body too, so an empty body is ignored where the route takes none.
 */
function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (body.length === 0 && request.routeOptions.schema?.body === undefined) done(null, undefined);
    else if (isUtf8(body)) void parse(request, body.toString(), done);
    else done(new ProtocolError("malformed", { message: "The body is not valid UTF-8. Send JSON in UTF-8." }));
  });
}

/** With two Host headers, a proxy in front may have read the other one. HTTP/2 has a pseudo-header instead. */
function hasOneHost({ httpVersion, rawHeaders }: IncomingMessage): boolean {
  if (httpVersion === "2.0") return true;
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  return hosts === 1 || (hosts === 0 && httpVersion === "1.0");
}

/**
 * Returns whether a request is upgraded. An upgrade anywhere else, or to anything else (a client offering h2c), is an
 * ordinary request. So is one behind a request that is not answered yet: the socket still belongs to that answer.
 */
function isUpgrade(
  { method, headers, url = "", socket }: IncomingMessage,
  paths: ReadonlySet<string>,
  pipelining: Pipelining,
): boolean {
  const isWanted = method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
  return isWanted && paths.has(url.split("?", 1)[0] ?? "") && pipelining.current(socket) === undefined;
}

function plainListener({ requestTimeoutMs, keepAliveMs = KEEP_ALIVE_MS }: AppOptions): Listener {
  return (handler, isUpgrade) =>
    createServer(
      {
        requestTimeout: requestTimeoutMs,
        keepAliveTimeout: keepAliveMs,
        maxHeaderSize: LIMITS.headerBytes,
        headersTimeout: requestTimeoutMs,
        connectionsCheckingInterval: Math.min(5_000, requestTimeoutMs / 4),
        shouldUpgradeCallback: isUpgrade,
        // Node makes no stream for a body that a request doesn't have. That saves a poll an eighth of its allocations.
        optimizeEmptyRequests: true,
        // A hook of `createApp` refuses a request without Host, with an entry of the error table.
        requireHostHeader: false,
      },
      (request, response) => {
        // Fastify would wait for the end of the body that a Content-Type announces, and without a stream it has none.
        if (!hasBody(request)) delete request.headers["content-type"];
        handler(request, response);
      },
    ).setTimeout(keepAliveMs);
}

/** RFC 9112, section 6.3. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || headers["content-length"] !== undefined;
}

/** The types of `ws` lack the last two. */
const WEBSOCKET = {
  maxPayload: LIMITS.bodyBytes,
  perMessageDeflate: false,
  /** A peer that does not answer a close frame is cut after this, in ms. */
  closeTimeout: 5_000,
  /** Above the burst of `messageRate`, so that that limit acts first: it sends a close frame, while this one cuts. */
  maxPendingAutoPongs: 1_000,
};

/**
 * Adds a scope whose routes may take WebSocket upgrades, and has upgrades routed like requests. Call it once: a second
 * registration of the plugin would route each upgrade twice. Other routes stay outside: the plugin's hooks cost CPU.
 */
export function upgradeScope(app: FastifyInstance, mount: (scope: FastifyInstance) => void): void {
  app.register(async (scope) => {
    scope.register(websocketPlugin, {
      options: {
        ...WEBSOCKET,
        handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
      },
      // `ws` has closed with the fitting code by then; to terminate, as the plugin would, loses that close frame.
      errorHandler: () => {},
    });
    scope.register(async (routes) => {
      routes.websocketServer.on("wsClientError", (_error, connection) => answerRaw(connection, "malformed"));
      mount(routes);
    });
  });
}
