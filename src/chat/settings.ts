import { TIMINGS } from "../protocol/limits.ts";
import type { Rate } from "./rate.ts";

/** Every number of the core that can be set. Durations in ms, sizes in bytes. docs/configuration.md has their table. */
export interface Settings {
  /** A stream without a write for this long is written `idle`. */
  readonly heartbeatMs: number;
  /** How long a member stays present without a reader or request. */
  readonly lingerMs: number;
  /**
   * With a shared store, how often each process renews its members. If the process dies, they leave up to twice as long
   * after their linger.
   */
  readonly renewMs: number;
  /** The replay window of one room: events, bytes. */
  readonly replayEvents: number;
  readonly replayBytes: number;
  /** Stored events older than this are deleted; a log in memory keeps them. */
  readonly replayMs: number;
  /** Most open rooms. */
  readonly rooms: number;
  /** Most bytes stored: events with their overhead, rooms, replies. */
  readonly logBytes: number;
  /** A deleted private room's name stays reserved for its key this long. */
  readonly lockMs: number;
  /** Most sessions in memory. */
  readonly sessions: number;
  /** How long a session's token is valid. */
  readonly sessionMs: number;
  /** Most events and bytes in one write to one reader. */
  readonly batchEvents: number;
  readonly batchBytes: number;
  /** A reader whose outlet is full gets `bye` when it is this far behind, or after this long. */
  readonly slowBytes: number;
  readonly slowMs: number;
  /** How long a superseded reader may continue. */
  readonly supersedeMs: number;
  /** A connection that is still open this long after its `bye` is destroyed. */
  readonly byeMs: number;
  /** Interval of pings, on transports that can ping, and how long to wait for an answer. */
  readonly pingMs: number;
  readonly pongTimeoutMs: number;
  /** A client that has sent `alive` once counts as gone if no further `alive` arrives for this long. */
  readonly aliveGraceMs: number;
  /** Commands per session; null: no limit. */
  readonly commandRate: Rate | null;
  /** Messages of any kind on a member's duplex connections; null: no limit. */
  readonly messageRate: Rate | null;
  /** Connections in all, and per address; null: no limit, here and below. */
  readonly connections: number | null;
  readonly addressConnections: number | null;
  /** Per address: requests, sessions opened, pages of history, refused upgrades, wrong room keys. */
  readonly addressRequestRate: Rate | null;
  readonly addressSessionRate: Rate | null;
  readonly addressHistoryRate: Rate | null;
  readonly addressUpgradeRate: Rate | null;
  readonly addressKeyRate: Rate | null;
  /** Stored rooms that one address created. */
  readonly addressRooms: number | null;
  /** Bytes, as `logBytes` counts them, that one session may say per minute, and all sessions of one address. */
  readonly sessionBytesPerMinute: number | null;
  readonly addressBytesPerMinute: number | null;
  /** Refusals per address that are answered. Above it connections are closed without an answer. */
  readonly addressRefusalRate: Rate | null;
  /** Most addresses remembered that are not connected. */
  readonly addresses: number;
  /** Deadline of a TLS handshake. */
  readonly handshakeMs: number;
  /** Deadline of a complete request; of the first one from the connection's start. */
  readonly requestTimeoutMs: number;
  /** Deadline for a connection to take what was written to it. */
  readonly unreadMs: number;
  /** Most bytes written to all connections and not taken yet. */
  readonly unreadBytes: number;
  /** Shortest interval of a member's typing events. */
  readonly typingEveryMs: number;
  /** How long a command's `ok` is remembered at least. */
  readonly dedupeMs: number;
  /** Most remembered replies whose events are gone, in all rooms. */
  readonly dedupeEntries: number;
  /** Above this many members a room gets `census` instead of `joined` and `left`. */
  readonly censusFrom: number;
  readonly censusEveryMs: number;
  /** The longest that draining may take. */
  readonly drainMs: number;
  /** How long readers are held while a shared store is out of reach. Then they are sent `bye`, over a third of this time. */
  readonly outageHoldMs: number;
}

/** The settings of `--rate-limit off`: no limit per session and address, and on connections. */
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
  renewMs: 10_000,
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
  // A class of a hundred behind one address, each with six connections of a browser, WebSockets and a second tab.
  addressConnections: 2_000,
  addressRequestRate: { perSecond: 3_000, burst: 9_000 },
  addressSessionRate: { perSecond: 5, burst: 200 },
  addressHistoryRate: { perSecond: 20, burst: 300 },
  addressUpgradeRate: { perSecond: 5, burst: 200 },
  addressKeyRate: { perSecond: 0.1, burst: 20 },
  addressRooms: 500,
  // 20 messages of 3,000 characters a second for a minute; the address: a class of a hundred.
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
  outageHoldMs: 30_000,
};
