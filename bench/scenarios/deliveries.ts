import type { Reading, Scenario, Stage } from "../contract.ts";
import { Histogram } from "../statistics/histogram.ts";
import {
  CPU,
  DELIVERY_METRICS,
  deliveryMetrics,
  holdsOn,
  measureWindow,
  openReaders,
  paceOf,
  readingOf,
  warmUp,
} from "./window.ts";

/** Share of a window that is run before it and dropped. */
const LEAD_IN = 0.2;
/** Messages a second of the open-loop windows: 2,000, 10,000 and 30,000 deliveries a second with 500 readers. */
const RATES = [4, 20, 60];
/** A window too short for so many messages at a rate leaves that rate out. */
const FEWEST = 3;
/** The highest a poll is asked to keep up with: a held one is a request for each delivery, a short one is late by design. */
const HIGHEST: Readonly<Record<string, number>> = { "long-polling": 20, "short-polling": 4 };

export const fanout: Scenario = {
  name: "fanout",
  title: "Fan-out",
  question:
    "What does one message cost the server per reader, and how late does it arrive? In lockstep, a message is sent when every reader has the one before, so no server can put two into one write or poll: CPU of the server's process tree divided by the deliveries. At fixed rates, messages go out on a schedule whatever comes back, and latency counts from the intended time of sending.",
  metrics: DELIVERY_METRICS,
  lifecycle: "standing",
  together: 1,
  adapt: (effort) => effort,
  applies: () => true,
  measure: async (stage) => [await inLockstep(stage), ...(await atRates(stage))],
};

/** Its part that tells what a delivery costs, without the windows that tell how late it is. */
export const lockstepFanout: Scenario = { ...fanout, measure: async (stage) => [await inLockstep(stage)] };

async function inLockstep(stage: Stage): Promise<Reading> {
  const perSecond = paceOf(stage.row.leg);
  const turns = Math.max(1, Math.round(stage.effort.seconds * perSecond));
  const program = { kind: "lockstep", together: 1, perSecond, textBytes: 0 } as const;
  const leadIn = await measureWindow(stage, { ...program, turns: Math.ceil(turns * LEAD_IN) }, perSecond);
  const window = await measureWindow(stage, { ...program, turns }, perSecond);
  // What the dropped part lost is lost all the same.
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

/** Messages at once, and the share of a single message's pace at which such bursts come. */
const BURSTS = [
  { together: 1, pace: 1 },
  { together: 10, pace: 0.2 },
  { together: 100, pace: 0.04 },
];

export const burst: Scenario = {
  name: "burst",
  title: "Bursts",
  question:
    "What does a message cost when 1, 10 or 100 are published at once? A server that writes each of them to each reader pays for every one; a server that waits until the end of its turn pays once. In lockstep: the next burst comes when every reader has the one before.",
  metrics: DELIVERY_METRICS,
  lifecycle: "standing",
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
  question: `What does it cost to store every message before it is acknowledged? ${DURABLE_PER_SECOND.toLocaleString("en-US")} messages a second for ${DURABLE_READERS} WebSocket readers, with the log in memory and in a SQLite file (durability "process"): CPU of the server per message, deliveries included.`,
  metrics: [{ name: "cpuPerMessage", title: "CPU per message", unit: "µs", better: "lower" }, ...DELIVERY_METRICS],
  lifecycle: "standing",
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
/** A short poller asks every 2 s: more would take minutes. */
const SHORT_POLLED = 1;
/** One message at a time has no schedule to be late for; the generator's delay is judged against this pace. */
const JUDGED_PER_SECOND = 100;

export const echo: Scenario = {
  name: "echo",
  title: "Echo",
  question:
    "How long until a member's own message is back at itself, one at a time? Over a WebSocket the message goes up the connection it comes down by; otherwise by a request beside it.",
  metrics: DELIVERY_METRICS,
  lifecycle: "standing",
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

/** What stays as it is while one of the three changes. */
const SLOPE_READERS = 100;
const SLOPE_PER_SECOND = 20;

/** Broadcasts. */
const WARM_UP_OF_MORE = 100;
const FEW_READERS = 50;
const MORE_READERS = [200, 500, 1_000];
const PAYLOADS = [32, 140, 1_024, 3_900];
const SLOPE_RATES = [10, 50, 200];
const FEWEST_MESSAGES = 10;
/** Stands for what people use instead. */
const PEER = "socket-io-websocket";

export const slope: Scenario = {
  name: "slope",
  title: "Slopes",
  question: `How do CPU per delivery and latency change with the number of readers, the length of the text and the rate? One of the three changes, the others stay at ${SLOPE_READERS} readers, ${SLOPE_PER_SECOND} messages a second and the usual text; messages go out on a schedule, and latency counts from the intended time of sending. The floors, Skyrocket's own transports that hold on, and one peer.`,
  metrics: [
    CPU,
    { name: "p50", title: "p50", unit: "µs", better: "lower" },
    { name: "p99", title: "p99", unit: "µs", better: "lower" },
  ],
  lifecycle: "fresh",
  together: 1,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 3), readers: SLOPE_READERS }),
  applies: (row) => (row.kind !== "peer" || row.name === PEER) && holdsOn(row),
  measure: async (stage) => {
    const readings: Reading[] = [];
    let open = 0;
    const openUpTo = async (readers: number): Promise<void> => {
      await openReaders(stage, readers - open, false);
      // Once for the server's code, which is as warm from then on; again for the connections that are new.
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
