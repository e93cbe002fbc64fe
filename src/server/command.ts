import cluster from "node:cluster";
import { lookup } from "node:dns/promises";
import { closeSync, openSync } from "node:fs";
import { systemClock } from "../clock.ts";
import { StoreError } from "../log/store-error.ts";
import { createLogger } from "./log.ts";
import { bracketed, readMachine } from "./machine.ts";
import { MetricsError, type MetricsPlace } from "./monitoring.ts";
import { OptionError, type Options, readOptions, USAGE } from "./options.ts";
import { PageError, pageRoot } from "./page-root.ts";
import { startServer } from "./server.ts";
import { TlsError } from "./tls.ts";
import { joinPrimary, type Served, startWorkers, WorkerStartError, workerIndex } from "./workers.ts";

/** Exit code for wrong options. */
const BAD_USAGE = 2;
const STARTED_IN_TERMINAL = process.stdin.isTTY === true;

let draining = false;

/**
 * Runs the command: reads the options, starts the server or its workers, prints the addresses and handles signals. A
 * worker runs it too.
 */
export async function main(): Promise<void> {
  // A closed pipe must not end the server.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  const options = optionsOrExit();
  // Before the server listens, because SIGHUP ends the process by default.
  let started: Served | null = null;
  const worker = workerIndex();
  process.on("SIGHUP", () => worker === null && onHangUp(started));
  const server = await (worker === null && options.workers > 1
    ? workersOrExit(options)
    : listenOrExit(options, worker));
  started = server;
  if (worker !== null) {
    obeyPrimary(server);
    return;
  }
  // Before the addresses are printed: a program that waits for them may send a signal at once.
  drainOnSignal(server);
  printAddresses(server, options.lab !== false);
}

/** Prints the addresses to open. Those by name follow once the local network has resolved the machine's name, if it does. */
function printAddresses({ url, networkUrls }: Served, hasLab: boolean): void {
  const print = (what: string, { href }: URL): void => console.log(`  ${`${what}:`.padEnd(12)} ${href}`);
  console.log(`Skyrocket is listening on ${url}`);
  if (networkUrls.length > 0) print("Local", url);
  for (const each of networkUrls) print("Network", each);
  if (hasLab) print("Laboratory", new URL("lab", url));
  if (networkUrls.length === 0) return;
  for (const name of readMachine().names.filter((one) => !one.includes(".") || one.endsWith(".local"))) {
    lookup(name, { all: true }).then(
      (found) => {
        const reached = networkUrls.some(({ hostname }) =>
          found.some(({ address }) => bracketed(address) === hostname),
        );
        if (reached) print("Network", new URL(`${url.protocol}//${name}:${url.port}/`));
      },
      () => undefined,
    );
  }
}

function optionsOrExit(): Options {
  try {
    const options = readOptions(process.argv.slice(2), process.env);
    if (options !== "help") {
      if (cluster.isPrimary) for (const warning of options.warnings) console.error(warning);
      return options;
    }
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    console.error(error.message);
    process.exit(BAD_USAGE);
  }
}

async function workersOrExit({ workers, log }: Options): Promise<Served> {
  try {
    return await startWorkers(workers, systemClock, createLogger(log));
  } catch (error) {
    if (!(error instanceof WorkerStartError)) throw error;
    if (error.message !== "") console.error(error.message);
    process.exit(1);
  }
}

async function listenOrExit(
  { storeSpec: store, secret, tls, warnings: _printed, ...options }: Options,
  worker: number | null,
): Promise<Served> {
  try {
    const page = await pageRoot();
    return await startServer({
      ...options,
      metrics: metricsOf(options.metrics, worker),
      // The server's only import of the laboratory, made only if there is one.
      lab: options.lab === false ? null : (await import("../../lab/engine/routes.ts")).labPlugin(options.lab),
      store,
      pageRoot: page,
      ...(secret === undefined ? {} : { secret }),
      ...(tls === undefined ? {} : { tls }),
    });
  } catch (error) {
    console.error(describeStartError(error, options));
    process.exit(1);
  }
}

/** Each worker has a port of its own for its metrics: the one of the option, and those that follow. */
function metricsOf(place: MetricsPlace, worker: number | null): MetricsPlace {
  if (typeof place === "string" || place.port === 0 || worker === null) return place;
  return { ...place, port: place.port + worker };
}

function describeStartError(error: unknown, { host, port }: { host: string; port: number }): string {
  const known = [PageError, StoreError, TlsError, MetricsError].some((kind) => error instanceof kind);
  if (known && error instanceof Error) return error.message;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is in use. Stop the program that listens there, or choose another with --port.`;
    case "EACCES":
      return `Port ${port} on ${host} needs more privileges than this user has. Choose one above 1023 with --port.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAFNOSUPPORT":
      return `${host} is not an address of this machine. Choose one with --host or SKYROCKET_HOST.`;
    default:
      return `The server could not start: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Follows the primary, which counts signals. A signal that reaches this worker too is the same one: it only drains. */
function obeyPrimary(server: Served): void {
  const drain = (): void => drainAndExit(server);
  process.on("SIGTERM", drain);
  process.on("SIGINT", drain);
  joinPrimary(server, (order) => (order === "drain" ? drain() : renewCertificate(server)));
}

/** Drains at the first signal and exits at the second. */
function drainOnSignal(server: Served): void {
  const onSignal = (): void => {
    if (draining) process.exit(1);
    drainAndExit(server);
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

function drainAndExit(server: Served): void {
  if (draining) return;
  draining = true;
  server.drain().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

/**
 * Reloads the certificate at SIGHUP, without cutting a connection. The system sends the same signal when the server's
 * terminal is closed; the server then drains, since no user could stop it any more.
 */
function onHangUp(server: Served | null): void {
  if (server === null) return;
  if (terminalIsGone()) {
    drainAndExit(server);
    return;
  }
  renewCertificate(server);
}

function renewCertificate(server: Served): void {
  try {
    server.renewCertificate();
  } catch (error) {
    console.error(`The certificate is unchanged. ${error instanceof Error ? error.message : String(error)}`);
  }
}

function terminalIsGone(): boolean {
  if (!STARTED_IN_TERMINAL) return false;
  try {
    closeSync(openSync("/dev/tty", "r"));
    return false;
  } catch {
    return true;
  }
}
