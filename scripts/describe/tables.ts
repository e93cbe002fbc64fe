import { DEFAULT_SETTINGS, type Settings } from "../../src/chat/settings.ts";
import { BYES, ERRORS } from "../../src/protocol/errors.ts";
import { LIMITS, TIMINGS } from "../../src/protocol/limits.ts";

/** A Markdown table; the first row is its head. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...body.map(line)].join("\n");
}

/** Every refusal, in the order of its status. */
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

/** Every reason a reader is told before its end. */
export function byeTable(): string {
  const meanings: Record<keyof typeof BYES, string> = {
    superseded: "A newer reader of this session has taken over.",
    drain: "The server is shutting down. Come back after `retryAfterMs` with the same cursor.",
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

/** What the wire allows, whatever a server's settings are. */
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
    holdMs: "the longest `hold` a long poll may ask for, in ms",
  };
  return table([["name", "limit", "of what"], ...rowsOf(LIMITS, meanings)]);
}

/** Numbers both ends must agree on. */
export function timingTable(): string {
  const meanings: Record<keyof typeof TIMINGS, string> = {
    aliveEveryMs: "a client on a stream that is not duplex sends `alive` this often",
    aliveGraceMs: "who once sent `alive` counts as gone after so long without",
    supersedeMs: "a superseded reader may go on for so long",
    typingEveryMs: "one `typing` event per member in this time",
    longPollHoldMs: "how long a long poll is held when it does not say `hold`",
    shortPollEveryMs: "a short poller asks this often",
  };
  return table([["name", "ms", "what for"], ...rowsOf(TIMINGS, meanings)]);
}

/** Every number of the core that may be set, with its default. */
export function settingTable(): string {
  const meanings: Record<keyof Settings, string> = {
    heartbeatMs: "A stream without a write for so long is written `idle`.",
    lingerMs: "Grace before a silent member has left.",
    replayEvents: "Replay window of one room: events.",
    replayBytes: "Replay window of one room: bytes of JSON.",
    replayMs:
      "Events in a SQLite file are deleted at this age; the memory store keeps them as long as the window does.",
    rooms: "Rooms open at once; beyond that empty ones are closed, which deletes nothing, then the answer is 503.",
    logBytes:
      "All that is stored, counted as it takes memory or disk; beyond that the oldest events go of whoever uses most.",
    lockMs: "A private room's name can't be taken without its key for so long after the room is gone.",
    sessions: "Sessions held at once.",
    sessionMs: "How long a session's token is good for.",
    batchEvents: "One write to one reader holds at most so many events,",
    batchBytes: "and at most so many bytes, unless a single event is larger.",
    slowBytes: "A reader that is so many bytes behind",
    slowMs: "or has been behind for so long is told `bye` (`slow_consumer`).",
    supersedeMs: "A superseded reader may go on for so long.",
    byeMs: "A `bye` that has not gone in this time is followed by the connection's end.",
    aliveGraceMs: "Who once said `alive` counts as gone after so long without.",
    probeMs: "A connection that can be asked for a sign of life (a WebSocket: ping) is asked this often;",
    probeGraceMs: "one that has not answered so long after that is cut.",
    commandRate: "Commands of one session: per second, and the burst; null means no limit.",
    messageRate:
      "What arrives on a member's WebSockets: messages, refused ones too, pings, pongs, and 4 KiB of anything; beyond that the connection is closed (1008).",
    connections: "Connections in all; to those beyond it the answer is 503. null means no limit, here and below.",
    addressConnections: "Connections of one address (an IPv6 one by its /64); to those beyond it the answer is 429.",
    addressRequestRate: "Requests of one address: per second, and the burst; beyond that 429.",
    addressSessionRate: "Sessions opened by one address.",
    addressHistoryRate: "Pages of history read by one address.",
    addressUpgradeRate: "Upgrades of one address that were refused; beyond that the next are not looked at.",
    addressKeyRate: "Wrong room keys of one address; beyond that no key of it is tried.",
    addressRooms: "Rooms made by one address that are still stored; beyond that it can make no more.",
    sessionBytesPerMinute: "What one session may say in a minute, counted as `logBytes` is;",
    addressBytesPerMinute: "and all sessions together that one address opened.",
    addressRefusalRate:
      "Refusals of one address for too many requests or connections that are answered; beyond that its connections are closed without an answer.",
    addresses: "Addresses remembered with what they have used up, beside those that are connected.",
    handshakeMs: "A TLS handshake must have been made in this time, counted from the connection on.",
    requestTimeoutMs: "A request must have arrived whole in this time, the first one counted from the connection on.",
    unreadMs: "A connection is cut that has not taken something written to it in this time.",
    unreadBytes:
      "Bytes written to all connections that are still to be taken; beyond that connections are cut of the address that has most of them.",
    typingEveryMs: "One `typing` event per member in this time.",
    dedupeMs: "A command's `ok` is remembered at least so long.",
    dedupeEntries: "Replies remembered in all rooms, at most, beside those whose event is still held; then 503.",
    censusFrom: "From so many members on, a room is counted (`census`) and not told name by name.",
    censusEveryMs: "A `census` goes out at most this often.",
    drainMs: "A drain ends after so long, whoever is still there.",
  };
  return table([["setting", "default", "what it does"], ...rowsOf(DEFAULT_SETTINGS, meanings)]);
}

/** One row per entry: its name, its value, and what it means. */
function rowsOf(values: object, meanings: Readonly<Record<string, string>>): readonly (readonly string[])[] {
  return Object.entries(values).map(([key, value]) => [`\`${key}\``, spell(value), meanings[key] ?? ""]);
}

function spell(value: unknown): string {
  if (typeof value === "number") return value.toLocaleString("en");
  return `\`${JSON.stringify(value)}\``;
}
