/** The direction of bytes: up to the server, down to the client. */
export type Direction = "up" | "down";

/** How a connection ends: cleanly (FIN), with an error (RST), or so that neither end notices. */
export type Cut = "fin" | "rst" | "silence";

/** What happens to bytes in one direction. Their order is kept, as TCP keeps it. */
export interface LinkConditions {
  readonly delayMs: number;
  /** A random part of this is added to the delay of each chunk. */
  readonly jitterMs: number;
  /** Bandwidth; null for no limit. */
  readonly bytesPerSecond: number | null;
  /** Bytes per write; null for writes as they arrived. */
  readonly packetBytes: number | null;
}

/** What the network does to every connection. It can change while connections are open. */
export interface Weather {
  readonly up: LinkConditions;
  readonly down: LinkConditions;
  /** Cuts each connection at a random age, `everyMs` on average. */
  readonly cut: { readonly how: Cut; readonly everyMs: number } | null;
  /** Closes a connection after this long without a byte in either direction, as a proxy's idle timeout does. */
  readonly idleCutMs: number | null;
  /** Passes nothing on for `forMs`, once in `everyMs` on average, on all connections together. */
  readonly stall: { readonly everyMs: number; readonly forMs: number } | null;
  /** Holds response bodies until they are complete, as a buffering proxy does. */
  readonly buffers: boolean;
  /** Removes `Upgrade` and `Connection` from request heads, as a proxy without WebSocket support does. */
  readonly stripsUpgrade: boolean;
  /** Refuses new connections, as if the server were down. */
  readonly refuses: boolean;
}

/** A fault that happens once, on all lanes. */
export type OneShotFault =
  | { readonly type: "cut"; readonly how: Cut }
  | { readonly type: "restart"; readonly forMs: number }
  | { readonly type: "stall"; readonly forMs: number };

const UNIMPEDED: LinkConditions = { delayMs: 0, jitterMs: 0, bytesPerSecond: null, packetBytes: null };

/** Weather without any fault. */
export const CALM: Weather = {
  up: UNIMPEDED,
  down: UNIMPEDED,
  cut: null,
  idleCutMs: null,
  stall: null,
  buffers: false,
  stripsUpgrade: false,
  refuses: false,
};

/** Weather with a name. */
export interface Preset {
  /** Used in URLs and recordings: lower case, hyphens. */
  readonly name: string;
  readonly title: string;
  /** Where it occurs and what it does, with its numbers. Shown to people. */
  readonly description: string;
  readonly weather: Weather;
  /** Faults that happen once, `afterMs` after the preset is chosen. */
  readonly oneShots?: readonly { readonly afterMs: number; readonly fault: OneShotFault }[];
}

function link(delayMs: number, jitterMs: number, more: Partial<LinkConditions> = {}): LinkConditions {
  return { ...UNIMPEDED, delayMs, jitterMs, ...more };
}

export const CALM_PRESET: Preset = {
  name: "calm",
  title: "Calm",
  description: "No faults: plain loopback.",
  weather: CALM,
};

/** All presets, the mildest first. */
export const PRESETS: readonly Preset[] = [
  CALM_PRESET,
  {
    name: "conference-wifi",
    title: "Conference Wi-Fi",
    description:
      "500 laptops on one access point. 30 to 150 ms each way, 30 kB/s up and 60 kB/s down in packets of 1,200 bytes. A stall of 1.2 s about every 8 s. Each connection is reset about every 20 s, when its device changes access points.",
    weather: {
      ...CALM,
      up: link(30, 120, { bytesPerSecond: 30_000, packetBytes: 1_200 }),
      down: link(30, 120, { bytesPerSecond: 60_000, packetBytes: 1_200 }),
      stall: { everyMs: 8_000, forMs: 1_200 },
      cut: { how: "rst", everyMs: 20_000 },
    },
  },
  {
    name: "train-tunnel",
    title: "Train tunnel",
    description:
      "A mobile network at 200 km/h. 50 to 80 ms each way. No bytes for 4 s about every 12 s. Each connection dies in a tunnel about every 20 s, and neither end notices.",
    weather: {
      ...CALM,
      up: link(50, 30),
      down: link(50, 30),
      stall: { everyMs: 12_000, forMs: 4_000 },
      cut: { how: "silence", everyMs: 20_000 },
    },
  },
  {
    name: "corporate-proxy",
    title: "Corporate proxy",
    description:
      "A proxy that scans all traffic. Choosing it closes all open connections once. 10 ms each way. It holds each response until it is complete, so a stream never arrives. It removes Upgrade headers, so no WebSocket opens. It closes connections that are idle for 60 s.",
    weather: { ...CALM, up: link(10, 0), down: link(10, 0), buffers: true, stripsUpgrade: true, idleCutMs: 60_000 },
    oneShots: [{ afterMs: 0, fault: { type: "cut", how: "fin" } }],
  },
  {
    name: "deploy",
    title: "Deploy",
    description: "The server restarts, once. Every connection is reset, and new ones are refused for 2 s.",
    weather: CALM,
    oneShots: [{ afterMs: 0, fault: { type: "restart", forMs: 2_000 } }],
  },
  {
    name: "closed-lid",
    title: "Closed lid",
    description:
      "A laptop goes to sleep, once. Every connection falls silent, and neither end is notified: each has to detect it.",
    weather: CALM,
    oneShots: [{ afterMs: 0, fault: { type: "cut", how: "silence" } }],
  },
  {
    name: "slow-reader",
    title: "Slow reader",
    description:
      "A phone at the edge of its cell. 1,000 bytes per second down, in packets of 200, and 100 ms each way. Each connection is reset about every 20 s, when the phone changes cells.",
    weather: {
      ...CALM,
      up: link(100, 0),
      down: link(100, 0, { bytesPerSecond: 1_000, packetBytes: 200 }),
      cut: { how: "rst", everyMs: 20_000 },
    },
  },
];

export function presetOf(name: string): Preset | undefined {
  return PRESETS.find((preset) => preset.name === name);
}
