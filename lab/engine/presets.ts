import type { Order } from "./control.ts";
import { CALM, type LinkConditions, type Weather } from "./weather.ts";

/** Weather that has a name. */
export interface Preset {
  /** In addresses and recordings: lower case, hyphens. */
  readonly name: string;
  readonly title: string;
  /** What happens, with its numbers, and where one meets it. */
  readonly says: string;
  readonly weather: Weather;
  /** What happens once, so many ms after it was chosen. */
  readonly strokes?: readonly { readonly afterMs: number; readonly order: Stroke }[];
}

/** What happens once and to all lanes. */
export type Stroke = Extract<Order, { readonly type: "cut" | "restart" | "stall" }>;

function road(delayMs: number, jitterMs: number, more: Partial<LinkConditions> = {}): LinkConditions {
  return { delayMs, jitterMs, bytesPerSecond: null, packetBytes: null, ...more };
}

export const CALM_PRESET: Preset = {
  name: "calm",
  title: "Calm",
  says: "Nothing happens: loopback as it is.",
  weather: CALM,
};

/** The weather that can be chosen by name, the mildest first. */
export const PRESETS: readonly Preset[] = [
  CALM_PRESET,
  {
    name: "conference-wifi",
    title: "Conference Wi-Fi",
    says: "500 laptops on one access point. 30 to 150 ms each way, 30 kB/s up and 60 kB/s down in packets of 1,200 bytes, a standstill of 1.2 s about every 8 s, and a reset about every 20 s as devices change the access point.",
    weather: {
      ...CALM,
      up: road(30, 120, { bytesPerSecond: 30_000, packetBytes: 1_200 }),
      down: road(30, 120, { bytesPerSecond: 60_000, packetBytes: 1_200 }),
      stall: { everyMs: 8_000, forMs: 1_200 },
      cut: { how: "rst", everyMs: 20_000 },
    },
  },
  {
    name: "train-tunnel",
    title: "Train tunnel",
    says: "A mobile network at 200 km/h. 50 to 80 ms each way, nothing at all for 4 s about every 12 s, and about every 20 s a connection that is dead when the train comes out, without either end having been told.",
    weather: {
      ...CALM,
      up: road(50, 30),
      down: road(50, 30),
      stall: { everyMs: 12_000, forMs: 4_000 },
      cut: { how: "silence", everyMs: 20_000 },
    },
  },
  {
    name: "corporate-proxy",
    title: "Corporate proxy",
    says: "A middlebox that scans what it passes on. What was open before it is closed. Then 10 ms each way; answers are held until they are complete, so that a stream never is; Upgrade is taken out of requests, so that no WebSocket opens; what is silent for 60 s is closed.",
    weather: { ...CALM, up: road(10, 0), down: road(10, 0), buffers: true, stripsUpgrade: true, idleCutMs: 60_000 },
    strokes: [{ afterMs: 0, order: { type: "cut", how: "fin" } }],
  },
  {
    name: "deploy",
    title: "Deploy",
    says: "The server is replaced, once: every connection is reset, and for 2 s no new one is taken.",
    weather: CALM,
    strokes: [{ afterMs: 0, order: { type: "restart", forMs: 2_000 } }],
  },
  {
    name: "closed-lid",
    title: "Closed lid",
    says: "A laptop falls asleep, once: every connection falls silent, and neither end is told. Who hears nothing must find out by itself.",
    weather: CALM,
    strokes: [{ afterMs: 0, order: { type: "cut", how: "silence" } }],
  },
  {
    name: "slow-reader",
    title: "Slow reader",
    says: "A phone at the edge of the cell: 1,000 bytes a second down, in packets of 200, 100 ms each way, and a reset about every 20 s, when it is handed to another cell.",
    weather: {
      ...CALM,
      up: road(100, 0),
      down: road(100, 0, { bytesPerSecond: 1_000, packetBytes: 200 }),
      cut: { how: "rst", everyMs: 20_000 },
    },
  },
];

export function presetOf(name: string): Preset | undefined {
  return PRESETS.find((preset) => preset.name === name);
}
