import { fileURLToPath } from "node:url";
import { serverTransports } from "../../src/transports/registry.server.ts";
import type { Row } from "../contract.ts";
import type { Dialect, Reader, ReaderAsk } from "../generator/dialect.ts";
import { openPoller } from "./poller.ts";
import { openWebSocketPublisher } from "./publishers.ts";
import { openSessions } from "./sessions.ts";
import { openSseReader, openWebSocketReader } from "./streams.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** As `npm start` has it: V8's young generation stays at 24 MiB (docs/operations.md). */
const YOUNG = "--max-semi-space-size=8";
const ON_SQLITE = fileURLToPath(new URL("./sqlite-server.ts", import.meta.url));

/** What would disturb a measurement is turned off. */
const QUIET = ["--port", "0", "--rate-limit", "off", "--log", "silent"];
const PATH_IN =
  "a session for every reader, in one room; messages go in by `say` on a WebSocket, whose publisher is a reader too.";

/** How a raw socket reads by each transport. Who adds a transport adds a line. */
const READERS: Readonly<Record<string, (ask: ReaderAsk) => Reader>> = {
  "short-polling": (ask) => openPoller("short-polling", ask),
  "long-polling": (ask) => openPoller("long-polling", ask),
  sse: openSseReader,
  websocket: openWebSocketReader,
};

/** One row for each registered transport. Throws when one of them has no reader. */
export const OWN: readonly Row[] = serverTransports.map(({ name, title }) => ({
  name,
  title: `Skyrocket, ${title}`,
  system: "skyrocket",
  kind: "ours",
  leg: name,
  setting: `npm start with --store memory --rate-limit off --log silent, the laboratory there and nobody in it: ${PATH_IN}`,
  version: null,
  missing: null,
  server: () => [YOUNG, MAIN, ...QUIET, "--store", "memory"],
  dialect: dialectOf(name),
  resumes: true,
}));

/** The same server with its durable log, as it is by default: set against the row with the log in memory. */
export const ON_DISK: readonly Row[] = OWN.filter(({ name }) => name === "websocket").map((row) => ({
  ...row,
  name: `${row.name}-sqlite`,
  title: `${row.title}, SQLite`,
  system: "skyrocket-sqlite",
  setting: `npm start with --store sqlite:FILE --durability process --rate-limit off --log silent: ${PATH_IN}`,
  server: () => [YOUNG, ON_SQLITE, ...QUIET],
}));

/** The same server without its laboratory, which is there by default on loopback: shows that it costs nothing when nobody looks. */
export const WITHOUT_LAB: readonly Row[] = OWN.filter(({ name }) => name === "websocket").map((row) => ({
  ...row,
  name: `${row.name}-no-lab`,
  title: `${row.title}, no laboratory`,
  system: "skyrocket-no-lab",
  setting: `npm start with --no-lab --store memory --rate-limit off --log silent: ${PATH_IN}`,
  server: () => [YOUNG, MAIN, ...QUIET, "--store", "memory", "--no-lab"],
}));

function dialectOf(transport: string): Dialect {
  const openReader = READERS[transport];
  if (openReader === undefined) throw new Error(`the bench has no reader for the transport "${transport}"`);
  return { enter: openSessions, openReader, openPublisher: openWebSocketPublisher };
}
