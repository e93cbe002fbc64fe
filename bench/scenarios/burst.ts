import type { Reading, Scenario } from "../contract.ts";
import { DELIVERY_METRICS } from "./metrics.ts";
import { deliveryMetrics, measureWindow, paceOf, readingOf } from "./window.ts";

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
