import type { Reading, Scenario, Stage } from "../contract.ts";
import { DELIVERY_METRICS } from "./metrics.ts";
import { deliveryMetrics, measureWindow, paceOf, readingOf } from "./window.ts";

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
