/** Which way bytes go: up to the server, down to the client. */
export type Direction = "up" | "down";

/** How a connection ends: in good order, with an error at once, or not at all as far as either end can tell. */
export type Cut = "fin" | "rst" | "silence";

/** What happens to bytes on their way in one direction. Their order is kept, as TCP keeps it. */
export interface LinkConditions {
  readonly delayMs: number;
  /** Added to the delay: 0 to this, drawn anew for every chunk. */
  readonly jitterMs: number;
  /** null: as fast as it goes. */
  readonly bytesPerSecond: number | null;
  /** Bytes are passed on in pieces of this size, each in a write of its own; null: as they came. */
  readonly packetBytes: number | null;
}

/** What the network does to every connection it carries. It may be changed while connections are open. */
export interface Weather {
  readonly up: LinkConditions;
  readonly down: LinkConditions;
  /** Every connection is cut at a random age, this on average. */
  readonly cut: { readonly how: Cut; readonly everyMs: number } | null;
  /** A connection without a byte in either direction for so long is closed, as a proxy's idle limit does. */
  readonly idleCutMs: number | null;
  /** Nothing moves for `forMs`, on average once in `everyMs`, on all connections together. */
  readonly stall: { readonly everyMs: number; readonly forMs: number } | null;
  /** Response bodies are held until they have ended, as a buffering proxy does. */
  readonly buffers: boolean;
  /** `Upgrade` and `Connection` are taken out of request heads, as a proxy that knows no WebSocket does. */
  readonly stripsUpgrade: boolean;
  /** New connections are refused, as by a server that is down. */
  readonly refuses: boolean;
}

const OPEN_ROAD: LinkConditions = { delayMs: 0, jitterMs: 0, bytesPerSecond: null, packetBytes: null };

/** Weather in which nothing happens. */
export const CALM: Weather = {
  up: OPEN_ROAD,
  down: OPEN_ROAD,
  cut: null,
  idleCutMs: null,
  stall: null,
  buffers: false,
  stripsUpgrade: false,
  refuses: false,
};
