/** What the wire allows, whatever the server's settings are. Lengths of text count code points. */
export const LIMITS = {
  textCodePoints: 4_000,
  nameCodePoints: 32,
  roomCharacters: 64,
  commandIdCharacters: 64,
  epochCharacters: 8,
  tokenCharacters: 1_024,
  keyCharacters: 128,
  keyLeastCharacters: 8,
  /** One request body, one WebSocket message from a client. */
  bodyBytes: 65_536,
  headerBytes: 16_384,
  historyEvents: 500,
  holdMs: 120_000,
} as const;

/** Numbers both ends must agree on. All milliseconds. */
export const TIMINGS = {
  /** A stream that is not duplex says `alive` this often. */
  aliveEveryMs: 25_000,
  /** Who once said `alive` counts as gone after this long without. */
  aliveGraceMs: 45_000,
  /** A superseded reader may go on this long. */
  supersedeMs: 5_000,
  /** One typing event per member in this time. */
  typingEveryMs: 3_000,
  longPollHoldMs: 25_000,
  shortPollEveryMs: 2_000,
} as const;

/** The subprotocol of WebSocket connections (RFC 6455, section 1.9). */
export const SUBPROTOCOL = "skyrocket.v1";
