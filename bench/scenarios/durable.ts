import type { Scenario } from "../contract.ts";
import { DELIVERY_METRICS } from "./metrics.ts";
import { deliveryMetrics, measureWindow, readingOf } from "./window.ts";

const READERS = 100;
const PER_SECOND = 1_000;

export const durable: Scenario = {
  name: "durable",
  title: "Durable log",
  question: `What does it cost to store every message before it is acknowledged? ${PER_SECOND.toLocaleString("en-US")} messages a second for ${READERS} WebSocket readers, with the log in memory and in a SQLite file (durability "process"): CPU of the server per message, deliveries included.`,
  metrics: [{ name: "cpuPerMessage", title: "CPU per message", unit: "µs", better: "lower" }, ...DELIVERY_METRICS],
  lifecycle: "standing",
  together: 1,
  adapt: (effort) => ({ ...effort, readers: READERS }),
  applies: ({ kind, leg }) => kind === "ours" && leg === "websocket",
  measure: async (stage) => {
    const messages = Math.max(100, Math.round(stage.effort.seconds * PER_SECOND));
    const program = { kind: "schedule", messages, perSecond: PER_SECOND, textBytes: 0, disturbance: null } as const;
    const window = await measureWindow(stage, program, PER_SECOND);
    const { messages: sent, deliveries } = window.seen;
    const metrics = { ...deliveryMetrics(window), cpuPerMessage: (window.cpu.total * deliveries) / sent };
    return [readingOf(null, window, metrics)];
  },
};
