import { Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";
import { ChatHub } from "../chat/hub.ts";
import { DEFAULT_SETTINGS, type Settings, UNLIMITED } from "../chat/settings.ts";
import type { Clock } from "../clock.ts";
import type { StoreSpec } from "../log/open.ts";
import { openStore } from "../log/open.ts";
import { StoreError } from "../log/store-error.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import type { Mountable } from "../transports/contract.server.ts";
import { serverTransports } from "../transports/registry.server.ts";
import { Access } from "./access.ts";
import { apiRoutes } from "./api.ts";
import { type AppOptions, createApp, KEEP_ALIVE_MS, upgradeScope } from "./app.ts";
import { createCore, serverClock } from "./core.ts";
import { handleFailures } from "./failures.ts";
import { addressesOf, Listeners } from "./listeners.ts";
import { BoundedLog, createLogger, describeError, type Logger, logRequests } from "./log.ts";
import { bracketed, isEveryAddress, networkHosts, readMachine } from "./machine.ts";
import { createMetrics } from "./metrics.ts";
import { installMonitoring, type MetricsPlace } from "./monitoring.ts";
import { pageRoutes } from "./page.ts";
import { Callers, inRanges } from "./rate-limits.ts";
import { SlowReads } from "./slow-reads.ts";
import { createTlsServer, readTls, type TlsFiles } from "./tls.ts";

/** The laboratory, as the server takes it. */
export interface LabPlugin {
  /** Where a GET may become a WebSocket. */
  readonly upgradePaths: readonly string[];
  /** Adds its routes to a scope of its own. */
  register(app: FastifyInstance, parts: LabParts): void;
}

/** What the laboratory uses of the server. */
export interface LabParts {
  readonly clock: Clock;
  /** Reports an error that no caller can handle. */
  report(error: unknown): void;
  /** Folder of the built pages; null serves none. */
  readonly pageRoot: string | null;
  /** The number of transports. */
  readonly transports: number;
  /** Sustained rate of messages per session; null: no limit. */
  readonly commandsPerSecond: number | null;
}

/** Options of a server. The command fills them from the command line. */
export interface ServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 picks a free port. Default 0. */
  readonly port?: number;
  /** Default `silent`. */
  readonly log?: string;
  /** Where rooms are kept. Default: in memory. */
  readonly store?: StoreSpec;
  /** Key that signs session tokens. Default: a random one, kept in a file beside the store or in memory. */
  readonly secret?: string;
  /** Origins allowed beside the server's own. */
  readonly origins?: readonly string[];
  /** false removes all limits per session and address, and on connections. Default true. */
  readonly rateLimit?: boolean;
  /** Proxies whose X-Forwarded-For is trusted, as `10.0.0.7` or `10.0.0.0/8`. Default: none. */
  readonly trustProxy?: readonly string[];
  /** Serves an echo of WebSocket messages at /echo, without a session, for protocol test suites. Default false. */
  readonly echo?: boolean;
  /** Folder of the built page; null serves none. Default null. */
  readonly pageRoot?: string | null;
  /** Default null: none of its routes exist. */
  readonly lab?: LabPlugin | null;
  readonly settings?: Partial<Settings>;
  /** Default `loopback`: at /metrics, for callers on this machine. */
  readonly metrics?: MetricsPlace;
  /** Certificate for TLS, with HTTP/2 and HTTP/1.1. Default: plain HTTP/1.1. */
  readonly tls?: TlsFiles;
  /** Called for every refusal. */
  readonly onRefused?: (code: ErrorCode) => void;
  /** Returns ms since 1970, for everything but log lines. Default: the system's clock. */
  readonly now?: () => number;
  /** Default: the registry. */
  readonly transports?: readonly Mountable[];
}

export interface RunningServer {
  /** Sends `bye` to every reader in batches, then closes. Resolves when all have closed, at the latest after `drainMs`. */
  drain(): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
  /** Its address on this machine. */
  readonly url: URL;
  /** Its addresses for other machines, as of the start. Empty unless it listens on every address. */
  readonly networkUrls: readonly URL[];
  /** Number of objects of each kind that the core holds, for leak tests. */
  readonly counts: ChatHub["counts"];
  /** The port of the metrics listener, or null. */
  readonly metricsPort: number | null;
  /** Reloads the certificate, for new connections. Throws TlsError and keeps the old one if it can't be used. */
  renewCertificate(): void;
}

/**
 * Builds the server and starts listening. Rejects with StoreError if the store can't be opened, and with Node's error
 * (EADDRINUSE, EACCES …) if it can't listen on the address.
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { host = "127.0.0.1", port = 0, transports = serverTransports, pageRoot = null } = options;
  const unlimited = options.rateLimit === false;
  const settings = { ...DEFAULT_SETTINGS, ...options.settings, ...(unlimited ? UNLIMITED : {}) };
  const log = createLogger(options.log ?? "silent");
  const names = transports.map(({ name }) => name);
  const { metrics: place = "loopback", tls, lab = null, echo = false } = options;
  const metrics = createMetrics(names);
  const clock: Clock = options.now === undefined ? serverClock : { ...serverClock, wallNow: options.now };
  const boundedLog = () => new BoundedLog(log, clock.monotonicNow);
  const background = boundedLog();
  const report = (error: unknown): void =>
    background.error(describeError(error), error instanceof StoreError ? "store failed" : "unhandled background error");
  const core = createCore(report, {
    settings,
    clock,
    note: (message) => log.info(message),
    ...(place === "off" ? {} : { meter: metrics.meter }),
  });
  const { store, secret } = await openStore(options.store ?? { kind: "memory" }, core, options.secret);
  const hub = new ChatHub(core, secret, store);
  const proxies = options.trustProxy ?? [];
  const isProxy = proxies.length === 0 ? null : inRanges(proxies);
  const refused = (code: ErrorCode): void => {
    metrics.refused(code);
    options.onRefused?.(code);
  };
  const slowReads = new SlowReads(settings, clock);
  const app = createApp({
    upgradePaths: upgradePaths(options),
    requestTimeoutMs: settings.requestTimeoutMs,
    isProxy,
    onRefused: refused,
    onWrote: slowReads.wrote,
    listener: tls && tlsListener(tls, settings, clock),
  });
  const callers = unlimited ? null : new Callers(settings, clock.monotonicNow, isProxy);
  const access = new Access({ origins: options.origins ?? [], log, monotonicNow: clock.monotonicNow });
  const listeners = new Listeners(app.server);
  listeners.closeWith(app);

  handleFailures(app, boundedLog(), refused);
  callers?.watch(app);
  slowReads.watch(app.server);
  access.guard(app, callers);
  logRequests(app, log);
  const listenForMetrics = installMonitoring({ app, listeners, hub, clock, metrics, transports: names, place, log });
  app.register(async (api) =>
    apiRoutes(api, {
      hub,
      callers,
      transports: transports.map(({ name, title, duplex }) => ({ name, title, duplex })),
    }),
  );
  const mountOn = (parent: FastifyInstance, duplex: boolean): void => {
    for (const transport of transports) {
      if (transport.duplex === duplex) parent.register(async (scope) => transport.mount(scope, hub, { echo, refused }));
    }
  };
  mountOn(app, false);
  upgradeScope(app, (scope) => mountOn(scope, true));
  if (pageRoot !== null) app.register(async (page) => pageRoutes(page, pageRoot, { lab: lab !== null }));
  if (lab !== null) {
    const commandsPerSecond = settings.commandRate?.perSecond ?? null;
    app.register(async (scope) =>
      lab.register(scope, { clock, report: core.report, pageRoot, transports: names.length, commandsPerSecond }),
    );
  }

  let metricsPort: number | null;
  try {
    const [first = host, ...others] = await addressesOf(host);
    await app.listen({ host: first, port });
    await listeners.add(others, log);
    metricsPort = await listenForMetrics();
  } catch (error) {
    await hub.close();
    await app.close();
    throw error;
  }
  const { address: bound, port: listening } = listeners.bound;
  const scheme = tls === undefined ? "http" : "https";
  access.listensOn({ scheme, host, address: bound, port: listening });
  const urlOf = (name: string): URL => new URL(`${scheme}://${name}:${listening}/`);
  // Not at `info`: the command prints the addresses first.
  log.debug({ host, port: listening }, "listening");
  return {
    metricsPort,
    renewCertificate: () => {
      if (tls === undefined) return log.info("no certificate to reload");
      if (app.server instanceof TlsServer) app.server.setSecureContext(readTls(tls));
      log.info("certificate reloaded");
    },
    url: urlOf(isEveryAddress(bound) ? "localhost" : bracketed(host)),
    networkUrls: networkHosts(readMachine(), bound).map(urlOf),
    get counts() {
      return hub.counts;
    },
    ...shutdownOf(app, hub, log),
  };
}

/** Returns the paths where a GET may become a WebSocket. */
function upgradePaths({ transports = serverTransports, lab = null, echo = false }: ServerOptions): Set<string> {
  const paths = transports.filter(({ duplex }) => duplex).map(({ name }) => `/transports/${name}`);
  if (lab !== null) paths.push(...lab.upgradePaths);
  if (echo) paths.push("/echo");
  return new Set(paths);
}

function tlsListener(
  files: TlsFiles,
  { handshakeMs, requestTimeoutMs }: Settings,
  clock: Clock,
): NonNullable<AppOptions["listener"]> {
  return (handler, isUpgrade) =>
    createTlsServer(handler, {
      files,
      isUpgrade,
      handshakeMs,
      requestTimeoutMs,
      keepAliveMs: KEEP_ALIVE_MS,
      clock,
    });
}

/** Time for the replies that are in flight at the end of a drain. */
const LAST_REPLIES_MS = 1_000;

/** Returns the two ways to end a server. */
function shutdownOf(app: FastifyInstance, hub: ChatHub, log: Logger): Pick<RunningServer, "drain" | "close"> {
  return {
    async drain() {
      log.info({ connections: hub.counts.connections }, "draining");
      await hub.drain();
      // Cuts the remaining readers: closing would wait for sockets that no peer reads.
      await hub.close();
      // Replies in flight are still sent, then the remaining connections are cut.
      const timer = setTimeout(() => app.server.closeAllConnections(), LAST_REPLIES_MS);
      await app.close();
      clearTimeout(timer);
      log.info("drained");
    },
    async close() {
      await hub.close();
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
