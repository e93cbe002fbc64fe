import { lookup } from "node:dns/promises";
import { closeSync, openSync } from "node:fs";
import { StoreError } from "../log/store-error.ts";
import { bracketed, readMachine } from "./machine.ts";
import { MetricsError } from "./monitoring.ts";
import { OptionError, type Options, readOptions, USAGE } from "./options.ts";
import { PageError, pageRoot } from "./page-root.ts";
import { type RunningServer, startServer } from "./server.ts";
import { TlsError } from "./tls.ts";

/** The exit code of a command that was called in a way it can't work. */
const BAD_USAGE = 2;
const STARTED_IN_TERMINAL = process.stdin.isTTY === true;

let draining = false;

/** Runs the command: reads the options, starts the server, prints where it is, and obeys signals. */
export async function main(): Promise<void> {
  // Nobody may read what is printed here any more; the server goes on.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  const options = optionsOrExit();
  // From here on, and not only once it listens: by default a SIGHUP ends the process.
  let started: RunningServer | null = null;
  process.on("SIGHUP", () => onHangUp(started));
  const server = await listenOrExit(options);
  started = server;
  // Before the addresses are printed: a program that waits for them may send a signal at once.
  drainOnSignal(server);
  printAddresses(server, options.lab !== false);
}

/**
 * Prints the addresses that work. Those by name come later, if at all: whether the local network resolves the machine's
 * name to it is a question that may take its time.
 */
function printAddresses({ url, networkUrls }: RunningServer, hasLab: boolean): void {
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
      for (const warning of options.warnings) console.error(warning);
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

async function listenOrExit({
  parseStoreSpec: store,
  secret,
  tls,
  warnings: _said,
  ...options
}: Options): Promise<RunningServer> {
  try {
    const page = await pageRoot();
    return await startServer({
      ...options,
      // The one place where the server meets the laboratory, and only if there is one.
      lab: options.lab === false ? null : (await import("../../lab/engine/routes.ts")).labPlugin(options.lab),
      store,
      pageRoot: page,
      ...(secret === undefined ? {} : { secret }),
      ...(tls === undefined ? {} : { tls }),
    });
  } catch (error) {
    console.error(sayWhy(error, options));
    process.exit(1);
  }
}

function sayWhy(error: unknown, { host, port }: { host: string; port: number }): string {
  const known = [PageError, StoreError, TlsError, MetricsError].some((kind) => error instanceof kind);
  if (known && error instanceof Error) return error.message;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is in use. Stop what listens there, or choose another with --port.`;
    case "EACCES":
      return `Port ${port} on ${host} may not be opened by this user. Choose one above 1023 with --port.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAFNOSUPPORT":
      return `${host} is not an address of this machine. Choose one with --host or SKYROCKET_HOST.`;
    default:
      return `The server could not start: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The first signal drains, a second one ends at once. */
function drainOnSignal(server: RunningServer): void {
  const onSignal = (): void => {
    if (draining) process.exit(1);
    drainAndExit(server);
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

function drainAndExit(server: RunningServer): void {
  if (draining) return;
  draining = true;
  server.drain().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

/**
 * A certificate is renewed every few weeks: SIGHUP reads it again, and no connection is cut for it. The system sends the
 * same signal when the terminal that the server was started in is closed; nobody could end it there any more, so it drains.
 */
function onHangUp(server: RunningServer | null): void {
  if (server === null) return;
  if (terminalIsGone()) {
    drainAndExit(server);
    return;
  }
  try {
    server.renewCertificate();
  } catch (error) {
    console.error(`The certificate stays as it was. ${error instanceof Error ? error.message : String(error)}`);
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
