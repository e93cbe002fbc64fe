#!/usr/bin/env node
import { StoreError } from "./chat/log/store-error.ts";
import { MetricsError } from "./operations/exposure.ts";
import { TlsError } from "./operations/tls.ts";
import { OptionError, type Options, readOptions, USAGE } from "./options.ts";
import { PageError, pageRoot } from "./page-root.ts";
import { type RunningServer, startServer } from "./server.ts";

/** The exit code of a command that was called in a way it can't work. */
const BAD_USAGE = 2;

await main();

async function main(): Promise<void> {
  const options = optionsOrExit();
  const server = await listenOrExit(options);
  // Before the line: who waits for it may send a signal at once.
  drainOnSignal(server);
  if (options.tls !== undefined) renewOnSignal(server);
  console.log(`Skyrocket is listening on ${server.url}`);
}

function optionsOrExit(): Options {
  try {
    const options = readOptions(process.argv.slice(2), process.env);
    if (options !== "help") return options;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    console.error(error.message);
    process.exit(BAD_USAGE);
  }
}

async function listenOrExit({ storeSpec: store, secret, tls, ...options }: Options): Promise<RunningServer> {
  try {
    const page = await pageRoot();
    return await startServer({
      ...options,
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
      return `${host} is not an address of this machine. Choose one with --host.`;
    default:
      return `The server could not start: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The first signal drains, a second one ends at once. */
function drainOnSignal(server: RunningServer): void {
  let draining = false;
  const onSignal = (): void => {
    if (draining) process.exit(1);
    draining = true;
    server.drain().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

/** A certificate is renewed every few weeks: SIGHUP reads it again, and no connection is cut for it. */
function renewOnSignal(server: RunningServer): void {
  process.on("SIGHUP", () => {
    try {
      server.renewCertificate();
    } catch (error) {
      console.error(`The certificate stays as it was. ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}
