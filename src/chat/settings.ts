import { TIMINGS } from "../protocol/limits.ts";
import type { Rate } from "./rate.ts";

/** Every number that may be set. Durations in ms, sizes in bytes. */
export interface Settings {
  /** A stream without a write for so long is written `idle`. */
  readonly heartbeatMs: number;
  /** Grace before a silent member has left. */
  readonly lingerMs: number;
  /** The replay window of one room: events, bytes. */
  readonly replayEvents: number;
  readonly replayBytes: number;
  /** Stored events older than this are deleted; a log in memory keeps them. */
  readonly replayMs: number;
  /** Rooms that are open. */
  readonly rooms: number;
  /** All that is stored: events, with what they take beside their JSON, rooms, replies. */
  readonly logBytes: number;
  /** The lock of a private room outlives the room by this: nobody takes its name without its key. */
  readonly lockMs: number;
  readonly sessions: number;
  readonly sessionMs: number;
  /** One write to one reader is at most this. */
  readonly batchEvents: number;
  readonly batchBytes: number;
  /** A reader this far or this long behind is told `bye`. */
  readonly slowBytes: number;
  readonly slowMs: number;
  /** A superseded reader may go on this long. */
  readonly supersedeMs: number;
  /** A `bye` that has not gone in this time is followed by the connection's end. */
  readonly byeMs: number;
  /** Where the transport can ask its peer for a sign of life: how often, and how long it waits for one. */
  readonly pingMs: number;
  readonly pongTimeoutMs: number;
  /** Who once said `alive` is gone after this long without. */
  readonly aliveGraceMs: number;
  /** Commands of one session; null: no limit. */
  readonly commandRate: Rate | null;
  /** Messages on a member's duplex connections, whatever is in them; null: no limit. */
  readonly messageRate: Rate | null;
  /** Connections in all, and of one address; null: no limit, here and below. */
  readonly connections: number | null;
  readonly addressConnections: number | null;
  /** What one address may ask, the sessions it may open, the pages of history it may read, the refused upgrades and wrong keys it may come with. */
  readonly addressRequestRate: Rate | null;
  readonly addressSessionRate: Rate | null;
  readonly addressHistoryRate: Rate | null;
  readonly addressUpgradeRate: Rate | null;
  readonly addressKeyRate: Rate | null;
  /** Rooms that one address made and that are still stored. */
  readonly addressRooms: number | null;
  /** What one session may say in a minute, and all sessions that one address opened: bytes as `logBytes` counts them. */
  readonly sessionBytesPerMinute: number | null;
  readonly addressBytesPerMinute: number | null;
  /** Refusals of one address for too many requests or connections that are answered; beyond it connections are just closed. */
  readonly addressRefusalRate: Rate | null;
  /** The most addresses remembered beside those that are connected. */
  readonly addresses: number;
  /** A TLS handshake that has not been made in this time ends its connection. */
  readonly handshakeMs: number;
  /** A request that has not arrived whole in this time is refused; the first one's begins with its connection. */
  readonly requestTimeoutMs: number;
  /** What was written to a connection must have been taken in this time. */
  readonly unreadMs: number;
  /** What was written to all connections and is still to be taken. */
  readonly unreadBytes: number;
  readonly typingEveryMs: number;
  /** A command's `ok` is remembered at least this long. */
  readonly dedupeMs: number;
  /** Replies of all rooms that are remembered though their events are gone. */
  readonly dedupeEntries: number;
  /** From this many members on, joins and leaves are counted and no longer told one by one. */
  readonly censusFrom: number;
  readonly censusEveryMs: number;
  readonly drainMs: number;
}

/** What `--rate-limit off` lifts: every limit and cap per session and address, and on connections. */
export const UNLIMITED = {
  commandRate: null,
  messageRate: null,
  connections: null,
  addressConnections: null,
  addressRequestRate: null,
  addressSessionRate: null,
  addressHistoryRate: null,
  addressUpgradeRate: null,
  addressKeyRate: null,
  addressRooms: null,
  sessionBytesPerMinute: null,
  addressBytesPerMinute: null,
  addressRefusalRate: null,
} as const satisfies Partial<Settings>;

/** The defaults of docs/configuration.md. */
export const DEFAULT_SETTINGS: Settings = {
  heartbeatMs: 15_000,
  lingerMs: 30_000,
  replayEvents: 10_000,
  replayBytes: 8 * 1_048_576,
  replayMs: 24 * 3_600_000,
  rooms: 1_000,
  logBytes: 256 * 1_048_576,
  lockMs: 24 * 3_600_000,
  sessions: 100_000,
  sessionMs: 24 * 3_600_000,
  batchEvents: 500,
  batchBytes: 262_144,
  slowBytes: 1_048_576,
  slowMs: 10_000,
  supersedeMs: TIMINGS.supersedeMs,
  byeMs: 5_000,
  pingMs: 25_000,
  pongTimeoutMs: 20_000,
  aliveGraceMs: TIMINGS.aliveGraceMs,
  commandRate: { perSecond: 20, burst: 40 },
  messageRate: { perSecond: 100, burst: 400 },
  connections: 20_000,
  // A class of a hundred behind one address: each with six connections of a browser, its WebSockets and a second tab.
  addressConnections: 2_000,
  addressRequestRate: { perSecond: 3_000, burst: 9_000 },
  addressSessionRate: { perSecond: 5, burst: 200 },
  addressHistoryRate: { perSecond: 20, burst: 300 },
  addressUpgradeRate: { perSecond: 5, burst: 200 },
  addressKeyRate: { perSecond: 0.1, burst: 20 },
  addressRooms: 500,
  // Room for 20 messages of 3,000 characters a second, for a while; and for a class of a hundred.
  sessionBytesPerMinute: 4 * 1_048_576,
  addressBytesPerMinute: 16 * 1_048_576,
  addressRefusalRate: { perSecond: 20, burst: 200 },
  addresses: 50_000,
  handshakeMs: 5_000,
  requestTimeoutMs: 20_000,
  unreadMs: 30_000,
  unreadBytes: 128 * 1_048_576,
  typingEveryMs: TIMINGS.typingEveryMs,
  dedupeMs: 300_000,
  dedupeEntries: 1_000_000,
  censusFrom: 100,
  censusEveryMs: 5_000,
  drainMs: 30_000,
};
