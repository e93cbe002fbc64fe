import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type WebSocket, WebSocketServer } from "ws";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { isLocalRequest } from "../../src/server/access.ts";
import { answerRaw, PLAIN_HEADERS } from "../../src/server/failures.ts";
import type { PortRange } from "../../src/server/options.ts";
import { documentHeaders, STATIC_FILES } from "../../src/server/page.ts";
import type { LabParts, LabPlugin } from "../../src/server/server.ts";
import { LAB_LIMITS, type LabInfo } from "./control.ts";
import type { LabNodes } from "./lab-session.ts";
import { LabSessions } from "./lab-sessions.ts";
import { ORDER_BYTES } from "./orders.ts";
import { LanePorts } from "./ports.ts";
import type { ProxyOptions } from "./proxy/contract.ts";
import { startProxy } from "./proxy/fault-proxy.ts";
import { ServerMeter } from "./server-meter.ts";

/** Path of the lab's only WebSocket. */
const CONTROL_PATH = "/lab/control";

/** All serve the same document. The page shows the screen that its URL names. */
const DOCUMENTS = ["/lab/wire", "/lab/bench", "/lab/replay"];
/** Lanes are other ports of this machine, under either name of it. */
const LANES = ["http://127.0.0.1:*", "ws://127.0.0.1:*", "http://localhost:*", "ws://localhost:*"];

interface LabOptions {
  /** Where lanes listen; null for any free ports. */
  readonly ports: PortRange | null;
  /** The nodes behind the lanes. Default: none, only the server itself. */
  readonly nodes?: LabNodes;
}

/** Adds everything under `/lab`. */
export function labPlugin(options: LabOptions): LabPlugin {
  return { upgradePaths: [CONTROL_PATH], register: (app, parts) => labRoutes(app, options, parts) };
}

function labRoutes(app: FastifyInstance, options: LabOptions, parts: LabParts): void {
  const { clock, pageRoot, transports: lanes, commandsPerSecond } = parts;
  const { nodes = null } = options;
  const target = (): ProxyOptions["target"] => nodes?.target ?? addressOf(app);
  const report = (error: unknown): void => parts.report(error);
  const meter = new ServerMeter(clock);
  const ports = new LanePorts(options.ports);
  const sessions = new LabSessions({ startProxy, target, ports, lanes, nodes, meter, clock, report });
  app.addHook("preClose", () => sessions.close());
  app.get("/lab/info", { exposeHeadRoute: true }, (request, reply) =>
    reply.headers(PLAIN_HEADERS).send({
      visitors: sessions.count,
      maxVisitors: LAB_LIMITS.visitors,
      commandsPerSecond,
      lanes: isNear(request),
    } satisfies LabInfo),
  );
  app.get(
    CONTROL_PATH,
    {
      preHandler: (request, _reply, done) => {
        done(isNear(request) ? undefined : new ProtocolError("not_allowed", { message: FAR }));
      },
    },
    upgradeHandler(app, CONTROL_PATH, ORDER_BYTES, (socket) => sessions.accept(socket)),
  );
  if (pageRoot !== null) app.register(async (documents) => documentRoutes(documents, pageRoot));
}

/**
 * Returns a route handler that upgrades the request to a WebSocket. The server's @fastify/websocket routes the upgrade; `ws`
 * is used directly, because an order may be larger than a message of the chat.
 */
function upgradeHandler(
  app: FastifyInstance,
  path: string,
  maxPayload: number,
  onSocket: (socket: WebSocket) => void,
): (request: FastifyRequest, reply: FastifyReply) => void {
  const server = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false });
  server.on("wsClientError", (_error, connection) => answerRaw(connection, "malformed"));
  /** Bytes that arrived with the upgrade's head, by request. */
  const heads = new WeakMap<IncomingMessage, Buffer>();
  const onUpgrade = (request: IncomingMessage, _socket: unknown, head: Buffer): void => {
    // Only for this path: a reader's head would be kept as long as its connection.
    if (request.url?.startsWith(path) === true) heads.set(request, head);
  };
  app.server.prependListener("upgrade", onUpgrade);
  app.addHook("onClose", (_instance, done) => {
    app.server.removeListener("upgrade", onUpgrade);
    done();
  });
  return (request, reply) => {
    const head = heads.get(request.raw);
    if (head === undefined) {
      const message = "This URL accepts only a WebSocket upgrade (RFC 6455, section 4.1).";
      throw new ProtocolError("malformed", { message });
    }
    reply.hijack();
    server.handleUpgrade(request.raw, request.raw.socket, head, onSocket);
  };
}

function documentRoutes(app: FastifyInstance, pageRoot: string): void {
  documentHeaders(app, { connectSrc: ["'self'", ...LANES], isolated: true });
  app.register(fastifyStatic, { ...STATIC_FILES, root: `${pageRoot}/lab`, prefix: "/lab/" });
  for (const path of DOCUMENTS)
    app.get(path, { exposeHeadRoute: true }, (_request, reply) => reply.sendFile("index.html"));
  app.get("/lab", { exposeHeadRoute: true }, async (_request, reply) => {
    const document = await readFile(join(pageRoot, "lab/index.html"), "utf8").catch(() => null);
    if (document === null) return reply.callNotFound();
    // This URL is one level above the others. Relative URLs keep the page working under a proxy's sub-path.
    return reply
      .type("text/html; charset=utf-8")
      .header("cache-control", "no-cache")
      .send(document.replaceAll('="./', '="./lab/').replaceAll('="../', '="./'));
  });
}

const FAR = "The lab runs on the server's own machine. Open it there, at a loopback address such as http://127.0.0.1.";

/** Loopback, as an origin or a `Host`. */
const LOOPBACK = /^(?:https?:\/\/)?(?:localhost|127\.[0-9.]+|\[::1\])(?::[0-9]+)?$/i;

/** Returns whether the page can reach the lanes: they are on the loopback of its own machine. */
function isNear(request: FastifyRequest): boolean {
  const { origin, host = "" } = request.headers;
  return isLocalRequest(request) && LOOPBACK.test(origin ?? host);
}

/** Returns the address at which this machine reaches the server. */
function addressOf(app: FastifyInstance): ProxyOptions["target"] {
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new TypeError("The server does not listen on a port.");
  const host = address.address === "0.0.0.0" ? "127.0.0.1" : address.address === "::" ? "::1" : address.address;
  return { host, port: address.port };
}
