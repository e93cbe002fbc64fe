import { DEFAULT_SETTINGS, type Settings } from "../../src/chat/settings.ts";
import { BYES, ERRORS } from "../../src/protocol/errors.ts";
import { LIMITS, TIMINGS } from "../../src/protocol/limits.ts";

/** Returns a Markdown table; the first row is its head. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...body.map(line)].join("\n");
}

/** Returns the table of every refusal, in the order of the error table. */
export function errorTable(): string {
  return table([
    ["`code`", "HTTP", "WebSocket", "`retry`", "message"],
    ...Object.entries(ERRORS).map(([code, { status, close, retry, message }]) => [
      `\`${code}\``,
      status,
      close ?? "–",
      String(retry),
      message,
    ]),
  ]);
}

/** Returns the table of every `bye` reason. */
export function byeTable(): string {
  const meanings: Record<keyof typeof BYES, string> = {
    superseded: "A newer reader of this session has taken over.",
    drain:
      "The server is shutting down, or its store is out of reach. Come back after `retryAfterMs` with the same cursor.",
    slow_consumer: "The reader stayed too far or too long behind. Come back with the same cursor.",
    left: "The member has left; the session is over.",
    expired: "The session has expired. Open a new one.",
  };
  const texts = new Map(Object.entries(meanings));
  return table([
    ["`reason`", "close code", "`retry`", "meaning"],
    ...Object.entries(BYES).map(([reason, { close, retry }]) => [
      `\`${reason}\``,
      close,
      String(retry),
      texts.get(reason) ?? "",
    ]),
  ]);
}

/** Returns the table of the protocol's limits, which no setting changes. */
export function limitTable(): string {
  const meanings: Record<keyof typeof LIMITS, string> = {
    textCodePoints: "`text` of a message, in code points",
    nameCodePoints: "a member's `name`, in code points",
    roomCharacters: "a room's name, in characters",
    commandIdCharacters: "a command's `id`, in code points",
    epochCharacters: "an epoch, in characters",
    tokenCharacters: "a session, in characters",
    keyCharacters: "a room's `key`, in code points",
    keyLeastCharacters: "the shortest `key`, in code points",
    bodyBytes: "one request body, and one WebSocket message from a client, in bytes",
    headerBytes: "all headers of one request together, in bytes",
    historyEvents: "events on one page of history",
    holdMs: "the longest `hold` of a long poll, in ms",
  };
  return table([["name", "limit", "of what"], ...rowsOf(LIMITS, meanings)]);
}

/** Returns the table of the times that client and server must agree on. */
export function timingTable(): string {
  const meanings: Record<keyof typeof TIMINGS, string> = {
    aliveEveryMs: "a client on a stream that is not duplex sends `alive` this often",
    aliveGraceMs: "a client that has sent `alive` once counts as gone if no further `alive` arrives for this long",
    supersedeMs: "how long a superseded reader may continue",
    typingEveryMs: "one `typing` event per member in this time",
    longPollHoldMs: "a long poll's hold if it has no `hold` parameter",
    shortPollEveryMs: "interval of a short poller",
  };
  return table([["name", "ms", "meaning"], ...rowsOf(TIMINGS, meanings)]);
}

/** Returns the table of all settings with their defaults. */
export function settingTable(): string {
  const meanings: Record<keyof Settings, string> = {
    heartbeatMs: "A stream without a write for this long is sent `idle`.",
    lingerMs: "Grace period before an inactive member leaves.",
    renewMs:
      "With Redis, how often a server renews its members. They leave up to twice as long after the grace period.",
    replayEvents: "Replay window of one room: events.",
    replayBytes: "Replay window of one room: bytes of JSON.",
    replayMs: "Events in a SQLite file are deleted at this age. In memory only the window counts.",
    rooms: "Open rooms. Above it empty ones are closed, which deletes nothing; then 503.",
    logBytes: "All stored bytes. Above it the largest user's oldest events are deleted.",
    lockMs: "How long a deleted private room's name still requires its key.",
    sessions: "Sessions in memory.",
    sessionMs: "Lifetime of a session.",
    batchEvents: "Most events in one write to one reader.",
    batchBytes: "Most bytes in one write, unless a single event is larger.",
    slowBytes: "A reader this many bytes behind gets `bye` (`slow_consumer`).",
    slowMs: "So does a reader whose socket was full for this long.",
    supersedeMs: "How long a superseded reader may continue.",
    byeMs: "A reader that has not taken its `bye` by then is cut.",
    aliveGraceMs: "A client that has sent `alive` once counts as gone if no further `alive` arrives for this long.",
    pingMs: "Interval of WebSocket pings.",
    pongTimeoutMs: "A WebSocket that has not answered a ping by then is cut.",
    commandRate: "Commands per session; null means no limit.",
    messageRate:
      "WebSocket messages, pings, pongs and 4 KiB pieces per member. Above it the connection is closed (1008).",
    connections: "Connections in all; above it 503. null means no limit, here and below.",
    addressConnections: "Connections per address (IPv6: per /64); above it 429.",
    addressRequestRate: "Requests per address; above it 429.",
    addressSessionRate: "Sessions opened per address.",
    addressHistoryRate: "Pages of history per address.",
    addressUpgradeRate: "Refused upgrades per address. Above it further ones are not checked.",
    addressKeyRate: "Wrong room keys per address. Above it the address's keys are not checked.",
    addressRooms: "Stored rooms created by one address.",
    sessionBytesPerMinute: "Bytes that one session may store in a minute.",
    addressBytesPerMinute: "The same for all sessions opened by one address.",
    addressRefusalRate: "Rate refusals answered per address. Above it its connections are closed without an answer.",
    addresses: "Remembered addresses, in addition to connected ones.",
    handshakeMs: "Deadline of a TLS handshake, from the connection's start.",
    requestTimeoutMs: "Deadline of a complete request; of the first one from the connection's start.",
    unreadMs: "A connection that has not taken a write by then is cut.",
    unreadBytes: "Unread bytes on all connections. Above it the address with most of them loses connections.",
    typingEveryMs: "One `typing` event per member in this time.",
    dedupeMs: "A command's `ok` is remembered at least this long.",
    dedupeEntries: "Remembered replies whose events are gone, in all rooms; above it 503.",
    censusFrom: "Above this many members a room gets `census` instead of `joined` and `left`.",
    censusEveryMs: "Shortest interval between two `census` events.",
    outageHoldMs:
      "With Redis: how long readers are held while it is out of reach, before they are sent `bye` (`drain`).",
    drainMs: "A drain ends after this long.",
  };
  return table([["setting", "default", "meaning"], ...rowsOf(DEFAULT_SETTINGS, meanings)]);
}

/** Returns one row per entry: its name, its value, and what it means. */
function rowsOf(values: object, meanings: Readonly<Record<string, string>>): readonly (readonly string[])[] {
  return Object.entries(values).map(([key, value]) => [`\`${key}\``, spell(value), meanings[key] ?? ""]);
}

function spell(value: unknown): string {
  if (typeof value === "number") return value.toLocaleString("en");
  return `\`${JSON.stringify(value)}\``;
}
