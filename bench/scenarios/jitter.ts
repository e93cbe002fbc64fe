import type { Scenario } from "../contract.ts";
import { judgeAway } from "./faults.ts";
import { openReaders } from "./readers.ts";
import { measureWindow, readingOf } from "./window.ts";

const READERS = 100;
const PER_SECOND = 5;
const JITTER = { kind: "jitter", everyMs: 15_000, awayMs: 2_000 } as const;
const PERIODS = 3;
/** 6 × 100 readers at 5 messages a second: no more than a tenth of a CPU at any server. */
const TOGETHER = 6;

export const jitter: Scenario = {
  name: "jitter",
  title: "Jitter",
  question:
    "Every reader is away for 2 s in every 15 s, as on a train: what share of the messages does it get in the end? The shape is that of AnyCable's bench. A server that resumes owes every message once and in order; of one that doesn't, what came while a reader was away is lost, and that is its result.",
  metrics: [
    { name: "delivered", title: "messages delivered", unit: "%", better: "higher" },
    { name: "lost", title: "messages lost", unit: "", better: "lower" },
    { name: "reopened", title: "connections opened anew", unit: "", better: "lower" },
  ],
  lifecycle: "fresh",
  together: TOGETHER,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 3), readers: READERS }),
  applies: () => true,
  measure: async (stage) => {
    // A run of short windows is a quick look: one period shows who resumes.
    const periods = stage.effort.seconds < 1 ? 1 : PERIODS;
    const messages = (PER_SECOND * JITTER.everyMs * periods) / 1_000;
    await openReaders(stage, READERS, true);
    const program = { kind: "schedule", messages, perSecond: PER_SECOND, textBytes: 0, disturbance: JITTER } as const;
    const window = await measureWindow(stage, program, PER_SECOND);
    const { lost, reopened } = window.seen;
    const metrics = { delivered: 100 * (1 - lost / (messages * READERS)), lost, reopened };
    return [{ ...readingOf(null, window, metrics), invalid: judgeAway(stage.row, window.seen, PER_SECOND) }];
  },
};
