/** Fixed limits of the wire, independent of settings. Lengths of text count code points. */
export const LIMITS = {
  textCodePoints: 4_000,
  nameCodePoints: 32,
  roomCharacters: 64,
  commandIdCharacters: 64,
  epochCharacters: 8,
  tokenCharacters: 1_024,
  keyCharacters: 128,
  keyLeastCharacters: 8,
  /** Of one request body or one WebSocket message from a client. */
  bodyBytes: 65_536,
  headerBytes: 16_384,
  historyEvents: 500,
  /** The longest hold of a long poll. */
  holdMs: 120_000,
} as const;

/** Times that both ends must agree on, in ms. */
export const TIMINGS = {
  /** How often a client that reads by a stream that is not duplex sends the command `alive`. */
  aliveEveryMs: 25_000,
  /** A client that has sent `alive` once counts as gone if no further `alive` arrives for this long. */
  aliveGraceMs: 45_000,
  /** How long a superseded reader may continue. */
  supersedeMs: 5_000,
  /** Shortest interval of a member's typing events. */
  typingEveryMs: 3_000,
  /** A long poll's hold if the request names none. */
  longPollHoldMs: 25_000,
  shortPollEveryMs: 2_000,
} as const;

/** The subprotocol of WebSocket connections (RFC 6455, section 1.9). */
export const SUBPROTOCOL = "skyrocket.v1";
