/** Scenarios that deliver messages to connected readers: their cost and latency, one by one, in bursts, stored, and growing. */
import type { Reading, Scenario, Stage } from "../contract.ts";
import { Histogram } from "../statistics/histogram.ts";
import {
  CPU,
  DELIVERY_METRICS,
  deliveryMetrics,
  measureWindow,
  openReaders,
  paceOf,
  readingOf,
  staysConnected,
  warmUp,
} from "./window.ts";

/** Length of the unmeasured run before a window, as a share of the window. */
const LEAD_IN = 0.2;
/** Messages per second of the open-loop windows: 2,000, 10,000 and 30,000 deliveries per second with 500 readers. */
const RATES = [4, 20, 60];
/** A rate is left out if the window is too short for this many messages. */
const FEWEST = 3;
/** The highest rate for polls: a held poll is one request per delivery, a short poll is late by design. */
const HIGHEST: Readonly<Record<string, number>> = { "long-polling": 20, "short-polling": 4 };

export const fanout: Scenario = {
  name: "fanout",
  title: "Fan-out",
  question:
    "What does one message cost the server per reader, and how late does it arrive? In lockstep, a message is sent when every reader has the previous one, so no server can put two into one write or poll. The cost is the CPU of the server's process tree divided by the deliveries. At fixed rates, messages are sent on a schedule whatever arrives, and latency counts from the intended time of sending.",
  metrics: DELIVERY_METRICS,
  lifecycle: "persistent",
  together: 1,
  adapt: (effort) => effort,
  applies: () => true,
  measure: async (stage) => [await inLockstep(stage), ...(await atRates(stage))],
};

/** The part that measures the cost of a delivery, without the windows that measure latency. */
export const lockstepFanout: Scenario = { ...fanout, measure: async (stage) => [await inLockstep(stage)] };

async function inLockstep(stage: Stage): Promise<Reading> {
  const perSecond = paceOf(stage.row.leg);
  const turns = Math.max(1, Math.round(stage.effort.seconds * perSecond));
  const program = { kind: "lockstep", together: 1, perSecond, textBytes: 0 } as const;
  const leadIn = await measureWindow(stage, { ...program, turns: Math.ceil(turns * LEAD_IN) }, perSecond);
  const window = await measureWindow(stage, { ...program, turns }, perSecond);
  // A message lost in the lead-in counts, too.
  const invalid = leadIn.invalid?.kind === "faults" ? leadIn.invalid : window.invalid;
  return readingOf("lockstep", { ...window, invalid }, deliveryMetrics(window));
}

async function atRates(stage: Stage): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const perSecond of RATES) {
    if (perSecond > (HIGHEST[stage.row.leg] ?? Number.POSITIVE_INFINITY)) continue;
    const messages = Math.round(stage.effort.seconds * perSecond);
    if (messages < FEWEST) continue;
    const program = { kind: "schedule", messages, perSecond, textBytes: 0, disturbance: null } as const;
    const window = await measureWindow(stage, program, perSecond);
    readings.push(readingOf(`${perSecond}/s`, window, deliveryMetrics(window)));
  }
  return readings;
}

/** Messages sent at once, and the rate of these bursts as a share of the rate of single messages. */
const BURSTS = [
  { together: 1, pace: 1 },
  { together: 10, pace: 0.2 },
  { together: 100, pace: 0.04 },
];

export const burst: Scenario = {
  name: "burst",
  title: "Bursts",
  question:
    "What does a message cost when 1, 10 or 100 are published at once? A server that writes each message to each reader pays for every one; a server that waits until the end of its event loop turn pays once. In lockstep: the next burst is sent when every reader has the previous one.",
  metrics: DELIVERY_METRICS,
  lifecycle: "persistent",
  together: 1,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 7) }),
  applies: () => true,
  measure: async (stage) => {
    const readings: Reading[] = [];
    for (const { together, pace } of BURSTS) {
      const perSecond = paceOf(stage.row.leg) * pace;
      const turns = Math.max(1, Math.round(stage.effort.seconds * perSecond));
      const program = { kind: "lockstep", turns, together, perSecond, textBytes: 0 } as const;
      const window = await measureWindow(stage, program, perSecond);
      readings.push(readingOf(String(together), window, deliveryMetrics(window)));
    }
    return readings;
  },
};

const DURABLE_READERS = 100;
const DURABLE_PER_SECOND = 1_000;

export const durable: Scenario = {
  name: "durable",
  title: "Durable log",
  question: `What does it cost to store every message before it is acknowledged? ${DURABLE_PER_SECOND.toLocaleString("en-US")} messages per second for ${DURABLE_READERS} WebSocket readers, with the log in memory and in a SQLite file (durability "process"): CPU of the server per message, deliveries included.`,
  metrics: [{ name: "cpuPerMessage", title: "CPU per message", unit: "µs", better: "lower" }, ...DELIVERY_METRICS],
  lifecycle: "persistent",
  together: 1,
  adapt: (effort) => ({ ...effort, readers: DURABLE_READERS }),
  applies: ({ kind, leg }) => kind === "ours" && leg === "websocket",
  measure: async (stage) => {
    const messages = Math.max(100, Math.round(stage.effort.seconds * DURABLE_PER_SECOND));
    const program = {
      kind: "schedule",
      messages,
      perSecond: DURABLE_PER_SECOND,
      textBytes: 0,
      disturbance: null,
    } as const;
    const window = await measureWindow(stage, program, DURABLE_PER_SECOND);
    const { messages: sent, deliveries } = window.seen;
    const metrics = { ...deliveryMetrics(window), cpuPerMessage: (window.cpu.total * deliveries) / sent };
    return [readingOf(null, window, metrics)];
  },
};

const ECHO_PER_SECOND = 300;
/** A short poller polls every 2 s: more messages would take minutes. */
const SHORT_POLLED = 1;
/** How late the generator may be (see `judge`). One message at a time has no rate of its own. */
const JUDGED_PER_SECOND = 100;

export const echo: Scenario = {
  name: "echo",
  title: "Echo",
  question:
    "How long does a member's own message take to return to the member, one at a time? A WebSocket sends and receives it on the same connection; every other transport sends it by a separate request.",
  metrics: DELIVERY_METRICS,
  lifecycle: "persistent",
  together: 1,
  adapt: (effort) => ({ ...effort, readers: 1, rounds: Math.min(effort.rounds, 7) }),
  applies: ({ leg }) => leg !== "raw",
  measure: async (stage) => {
    const messages =
      stage.row.leg === "short-polling"
        ? SHORT_POLLED
        : Math.max(10, Math.round(stage.effort.seconds * ECHO_PER_SECOND));
    const window = await measureWindow(stage, { kind: "echo", messages, textBytes: 0 }, JUDGED_PER_SECOND);
    return [readingOf(null, window, deliveryMetrics(window))];
  },
};

/** Readers and rate while another value changes. */
const SLOPE_READERS = 100;
const SLOPE_PER_SECOND = 20;

/** Broadcasts that warm up added connections. */
const WARM_UP_OF_MORE = 100;
const FEW_READERS = 50;
const MORE_READERS = [200, 500, 1_000];
const PAYLOADS = [32, 140, 1_024, 3_900];
const SLOPE_RATES = [10, 50, 200];
const FEWEST_MESSAGES = 10;
/** The one peer of this scenario. */
const PEER = "socket-io-websocket";

export const slope: Scenario = {
  name: "slope",
  title: "Slopes",
  question: `How do CPU per delivery and latency change with the number of readers, the length of the text and the rate? One of the three changes while the others stay at ${SLOPE_READERS} readers, ${SLOPE_PER_SECOND} messages per second and the usual text. Messages are sent on a schedule, and latency counts from the intended time of sending. The rows are the floors, Skyrocket's own transports that stay connected, and one peer.`,
  metrics: [
    CPU,
    { name: "p50", title: "p50", unit: "µs", better: "lower" },
    { name: "p99", title: "p99", unit: "µs", better: "lower" },
  ],
  lifecycle: "fresh",
  together: 1,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 3), readers: SLOPE_READERS }),
  applies: (row) => (row.kind !== "peer" || row.name === PEER) && staysConnected(row),
  measure: async (stage) => {
    const readings: Reading[] = [];
    let open = 0;
    const openUpTo = async (readers: number): Promise<void> => {
      await openReaders(stage, readers - open, false);
      // The first warm-up compiles the server's code; later ones only warm up the added connections.
      await warmUp(stage, open === 0 ? stage.effort.warmUp : WARM_UP_OF_MORE);
      open = readers;
    };
    await openUpTo(FEW_READERS);
    readings.push(await at(stage, `${FEW_READERS} readers`, {}));
    await openUpTo(SLOPE_READERS);
    for (const textBytes of PAYLOADS) readings.push(await at(stage, `${textBytes} bytes`, { textBytes }));
    for (const perSecond of SLOPE_RATES) readings.push(await at(stage, `${perSecond}/s`, { perSecond }));
    for (const readers of MORE_READERS) {
      await openUpTo(readers);
      readings.push(await at(stage, `${readers} readers`, {}));
    }
    return readings;
  },
};

async function at(stage: Stage, point: string, { perSecond = SLOPE_PER_SECOND, textBytes = 0 }): Promise<Reading> {
  const messages = Math.max(FEWEST_MESSAGES, Math.round(stage.effort.seconds * perSecond));
  const program = { kind: "schedule", messages, perSecond, textBytes, disturbance: null } as const;
  const window = await measureWindow(stage, program, perSecond);
  const latency = Histogram.decode(window.seen.latency);
  return readingOf(point, window, {
    cpu: window.cpu.total,
    p50: latency.percentile(50),
    p99: latency.percentile(99),
  });
}
