import { fileURLToPath } from "node:url";
import type { PublisherKind, ReaderKind } from "../generator/messages.ts";

/** A ratio the project means to keep. */
export interface Bound {
  readonly against: string;
  readonly atMost: number;
}

/** One line of the table: a server, and how its readers read. */
export interface Row {
  readonly name: string;
  readonly title: string;
  /** The server's script and arguments. */
  readonly server: (readers: number) => readonly string[];
  readonly reader: ReaderKind;
  readonly publisher: PublisherKind;
  /** The server has sessions: every reader opens one. */
  readonly sessions: boolean;
  /** Broadcasts a second, chosen so that neither server nor generator is at its limit with 500 readers. */
  readonly perSecond: number;
  readonly bounds: readonly Bound[];
}

const STREAM_RATE = 100;
const POLL_RATE = 25;

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

/** The command line of `npm start`, with what would disturb a measurement turned off. */
function skyrocket(): readonly string[] {
  return [path("../../src/main.ts"), "--port", "0", "--store", "memory", "--rate-limit", "off", "--log", "silent"];
}

const own = { server: skyrocket, sessions: true, publisher: "websocket" } as const;
const floor = { sessions: false, bounds: [] } as const;

/** Against these the others are measured. Always part of a run. */
export const FLOORS: readonly Row[] = [
  {
    ...floor,
    name: "net",
    title: "net: socket.write of one shared buffer",
    server: () => [path("../floors/net.ts")],
    reader: "raw",
    publisher: "line",
    perSecond: STREAM_RATE,
  },
  {
    ...floor,
    name: "http-long-polling",
    title: "node:http long polling",
    server: (readers) => [path("../floors/http-long-polling.ts"), String(readers)],
    reader: "long-polling",
    publisher: "upgraded-line",
    perSecond: POLL_RATE,
  },
];

export const ROWS: readonly Row[] = [
  {
    ...own,
    name: "websocket",
    title: "Skyrocket WebSocket",
    reader: "websocket",
    perSecond: STREAM_RATE,
    bounds: [{ against: "net", atMost: 1.15 }],
  },
  {
    ...own,
    name: "sse",
    title: "Skyrocket SSE",
    reader: "sse",
    perSecond: STREAM_RATE,
    bounds: [{ against: "net", atMost: 1.15 }],
  },
  {
    ...own,
    name: "long-polling",
    title: "Skyrocket long polling",
    reader: "long-polling",
    perSecond: POLL_RATE,
    bounds: [
      { against: "http-long-polling", atMost: 1.3 },
      { against: "net", atMost: 3.4 },
    ],
  },
  {
    ...own,
    name: "short-polling",
    title: "Skyrocket short polling",
    reader: "short-polling",
    perSecond: POLL_RATE,
    bounds: [],
  },
  {
    name: "ws-send",
    title: "ws: send in a loop",
    server: () => [path("../floors/ws-send.ts")],
    reader: "websocket",
    publisher: "websocket",
    sessions: false,
    perSecond: STREAM_RATE,
    bounds: [],
  },
];
