import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { PLAIN_HEADERS } from "../../src/server/failures.ts";
import { isFromHere } from "../../src/server/near.ts";
import { documentHeaders, STATIC_FILES } from "../../src/server/page.ts";
import type { LabInfo } from "./control.ts";
import { Visitors } from "./lab-sessions.ts";
import { LAB_LIMITS } from "./limits.ts";
import { ORDER_BYTES } from "./orders.ts";
import { LanePorts, type PortRange } from "./ports.ts";
import type { ProxyOptions } from "./proxy/contract.ts";
import { startProxy } from "./proxy/fault-proxy.ts";
import { ServerMeter } from "./server-meter.ts";
import { upgradeHandler } from "./upgrade.ts";
import type { LabWorld } from "./world.ts";

/** What the laboratory is opened with. */
export interface LabOptions {
  /** Where lanes listen; null: on any free ports. */
  readonly ports: PortRange | null;
}

export interface LabParts extends LabOptions {
  /** Folder of the built pages; null serves none. */
  readonly pageRoot: string | null;
  readonly world: LabWorld;
  /** Messages a second that one session may send in the long run; null: any number. */
  readonly commandsPerSecond: number | null;
}

/** The path of the one WebSocket of the laboratory. */
export const CONTROL_PATH = "/lab/control";

/** The page finds out by its address which of its parts is asked for. */
const DOCUMENTS = ["/lab/wire", "/lab/bench", "/lab/replay"];
/** Lanes are other ports of this machine, by whichever name the page calls it. */
const LANES = ["http://127.0.0.1:*", "ws://127.0.0.1:*", "http://localhost:*", "ws://localhost:*"];

/** Everything under `/lab`. Without this call none of it exists. */
export function labRoutes(app: FastifyInstance, { ports, pageRoot, world, commandsPerSecond }: LabParts): void {
  const target = (): ProxyOptions["target"] => addressOf(app);
  const meter = new ServerMeter(world.clock);
  const visitors = new Visitors({ startProxy, target, ports: new LanePorts(ports), meter, world });
  app.addHook("preClose", () => visitors.close());
  app.get("/lab/info", { exposeHeadRoute: true }, (request, reply) =>
    reply.headers(PLAIN_HEADERS).send({
      visitors: visitors.count,
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
    upgradeHandler(app, CONTROL_PATH, ORDER_BYTES, (socket) => visitors.receive(socket)),
  );
  if (pageRoot !== null) app.register(async (documents) => documentRoutes(documents, pageRoot));
}

function documentRoutes(app: FastifyInstance, pageRoot: string): void {
  documentHeaders(app, { connectSrc: ["'self'", ...LANES], isolated: true });
  app.register(fastifyStatic, { ...STATIC_FILES, root: `${pageRoot}/lab`, prefix: "/lab/" });
  for (const path of DOCUMENTS)
    app.get(path, { exposeHeadRoute: true }, (_request, reply) => reply.sendFile("index.html"));
  app.get("/lab", { exposeHeadRoute: true }, async (_request, reply) => {
    const document = await readFile(join(pageRoot, "lab/index.html"), "utf8").catch(() => null);
    if (document === null) return reply.callNotFound();
    // This address is one level above the others. Relative addresses keep the page working under a proxy's sub-path.
    return reply
      .type("text/html; charset=utf-8")
      .header("cache-control", "no-cache")
      .send(document.replaceAll('="./', '="./lab/').replaceAll('="../', '="./'));
  });
}

const FAR = "The lab runs on the server's own machine. Open it there, at a loopback address such as http://127.0.0.1.";

/** Loopback, as an origin or a `Host`. */
const LOOPBACK = /^(?:https?:\/\/)?(?:localhost|127\.[0-9.]+|\[::1\])(?::[0-9]+)?$/i;

/** Whether the visitor's lanes would be where its page looks for them: on its own loopback. */
function isNear(request: FastifyRequest): boolean {
  const { origin, host = "" } = request.headers;
  return isFromHere(request) && LOOPBACK.test(origin ?? host);
}

/** Where the server itself is reached from this machine. */
function addressOf(app: FastifyInstance): ProxyOptions["target"] {
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new TypeError("The server does not listen on a port.");
  const host = address.address === "0.0.0.0" ? "127.0.0.1" : address.address === "::" ? "::1" : address.address;
  return { host, port: address.port };
}
