import { fileURLToPath } from "node:url";
import { serverTransports } from "../../src/transports/registry.server.ts";
import type { Row } from "../contract.ts";
import type { Dialect, Reader, ReaderAsk } from "../generator/dialect.ts";
import { openPoller } from "./poller.ts";
import { openWebSocketPublisher } from "./publishers.ts";
import { openSessions } from "./sessions.ts";
import { openSseReader, openWebSocketReader } from "./streams.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

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
  setting:
    "npm start with --store memory --rate-limit off --log silent: a session for every reader, in one room; messages go in by `say` on a WebSocket.",
  version: null,
  missing: null,
  // The command line of `npm start`, with what would disturb a measurement turned off.
  server: () => [MAIN, "--port", "0", "--store", "memory", "--rate-limit", "off", "--log", "silent"],
  dialect: dialectOf(name),
  resumes: true,
}));

function dialectOf(transport: string): Dialect {
  const openReader = READERS[transport];
  if (openReader === undefined) throw new Error(`the bench has no reader for the transport "${transport}"`);
  return { enter: openSessions, openReader, openPublisher: openWebSocketPublisher };
}
