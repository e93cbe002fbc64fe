import type { Scenario } from "../contract.ts";
import type { Seen } from "../generator/messages.ts";
import { isLetIn, judgeAway, measureWindow, openReaders, readingOf, warmUp } from "./window.ts";

/** 20,000 connections asked for a second: many times what a Node server lets in, so it is the server that is timed. */
const SPREAD_MS_PER_READER = 0.05;
const PATIENCE_MS = 10_000;
/** Only two messages are sent: the generator's delay is held against this pace. */
const JUDGED_PER_SECOND = 10;

export const storm: Scenario = {
  name: "storm",
  title: "Reconnect storm",
  question:
    "All connections are cut at one moment and asked for again on one schedule, the same for every server: how long until 50, 95 and 100 % are in, and does each get every message once? Raw readers reconnect at every server without the back-off its own client would keep; a first storm, before the one that counts, is dropped. A held poll is not answered when it comes in, so how long it was away can't be told.",
  metrics: [
    { name: "back50", title: "50 % back", unit: "ms", better: "lower" },
    { name: "back95", title: "95 % back", unit: "ms", better: "lower" },
    { name: "back100", title: "all back", unit: "ms", better: "lower" },
    { name: "cpuPerReturn", title: "CPU per connection", unit: "µs", better: "lower" },
    { name: "lost", title: "messages lost", unit: "", better: "lower" },
  ],
  lifecycle: "fresh",
  together: 1,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 5) }),
  // Without an answer there is no time, and without resumption no promise: nothing is left to ask.
  applies: (row) => isLetIn(row) || row.resumes,
  measure: async (stage) => {
    const { readers } = stage.effort;
    const program = { kind: "storm", spreadMs: readers * SPREAD_MS_PER_READER, patienceMs: PATIENCE_MS } as const;
    await openReaders(stage, readers, true);
    await warmUp(stage, Math.min(stage.effort.warmUp, 100));
    const dropped = await measureWindow(stage, program, JUDGED_PER_SECOND);
    const window = await measureWindow(stage, program, JUDGED_PER_SECOND);
    const { seen, cpu } = window;
    const metrics = {
      ...(isLetIn(stage.row) ? backTimes(seen) : {}),
      cpuPerReturn: (cpu.total * seen.deliveries) / readers,
      lost: seen.lost,
    };
    // What the dropped storm lost is lost all the same.
    const invalid =
      judgeAway(stage.row, dropped.seen, JUDGED_PER_SECOND) ?? judgeAway(stage.row, seen, JUDGED_PER_SECOND);
    return [{ ...readingOf(null, window, metrics), invalid }];
  },
};

/** A share that did not come back in time has no number. */
function backTimes({ backMs }: Seen): Record<string, number> {
  return Object.fromEntries(Object.entries(backMs).map(([share, ms]) => [`back${share}`, ms]));
}

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
