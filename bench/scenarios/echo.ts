import type { Scenario } from "../contract.ts";
import { DELIVERY_METRICS } from "./metrics.ts";
import { deliveryMetrics, measureWindow, readingOf } from "./window.ts";

const PER_SECOND = 300;
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
      stage.row.leg === "short-polling" ? SHORT_POLLED : Math.max(10, Math.round(stage.effort.seconds * PER_SECOND));
    const window = await measureWindow(stage, { kind: "echo", messages, textBytes: 0 }, JUDGED_PER_SECOND);
    return [readingOf(null, window, deliveryMetrics(window))];
  },
};
