/** What the laboratory takes and holds at most. The page's controls and the check of its orders read the same numbers. */
export const LAB_LIMITS = {
  /** Visitors at once: each has ports and a recording of its own. */
  visitors: 20,
  /** Proxies of one visitor. */
  lanes: 4,
  /** Connections through one proxy at once. */
  connections: 64,
  /** Bytes one proxy holds on their way; beyond, senders are paused. */
  heldBytes: 1_048_576,
  /** Bytes of one `raw` order. */
  rawBytes: 67_584,
  /** Connections opened by `raw` orders at once; the oldest gives way. */
  rawConnections: 8,
  /** How long one of them may be silent. */
  rawSilenceMs: 5_000,
  /** Orders of one visitor in one second. */
  ordersPerSecond: 500,
  /** Delay and jitter of a road, each. */
  delayMs: 30_000,
  /** The narrowest and the widest road. */
  bytesPerSecond: [100, 1_000_000_000],
  packetBytes: [1, 65_536],
  /** Mean time between cuts or stalls, and the idle limit. */
  everyMs: [100, 3_600_000],
  /** How long a stall or a restart lasts. */
  forMs: 60_000,
  /** Seeds are whole numbers from 0 to this. */
  seed: 4_294_967_295,
  /** Characters of a preset's name. */
  presetCharacters: 64,
} as const;
