/** Scenarios in which readers lose their connections: all at once (storm), and again and again (flapping). */
import type { Scenario } from "../contract.ts";
import type { Observation } from "../generator/messages.ts";
import { confirmsReaders, judgeAway, measureWindow, openReaders, readingOf, warmUp } from "./window.ts";

/** 20,000 connections per second: many times more than a Node server accepts, so that the server is the limit. */
const SPREAD_MS_PER_READER = 0.05;
/** Ends a hang: nothing waits this long for a message that is lost. */
const TIMEOUT_MS = 60_000;
/** How late the generator may be (see `judge`). A storm has only three messages, and no rate. */
const JUDGED_PER_SECOND = 10;

export const storm: Scenario = {
  name: "storm",
  title: "Reconnect storm",
  question:
    "All connections are cut at once and reconnect on the same schedule for every server. How long until 50, 95 and 100 % are attached again, and does each get every message once? Raw readers reconnect without the backoff of the server's own client. A first storm is not measured. A held poll is not answered when it arrives, so its time away is unknown.",
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
  // A row that neither confirms readers nor resumes has nothing to measure.
  applies: (row) => confirmsReaders(row) || row.resumes,
  measure: async (stage) => {
    const { readers } = stage.effort;
    const program = { kind: "storm", spreadMs: readers * SPREAD_MS_PER_READER, timeoutMs: TIMEOUT_MS } as const;
    await openReaders(stage, readers, true);
    await warmUp(stage, Math.min(stage.effort.warmUp, 100));
    const unmeasured = await measureWindow(stage, program, JUDGED_PER_SECOND);
    const window = await measureWindow(stage, program, JUDGED_PER_SECOND);
    const { seen, cpu } = window;
    const metrics = {
      ...(confirmsReaders(stage.row) ? backTimes(seen) : {}),
      cpuPerReturn: (cpu.total * seen.deliveries) / readers,
      lost: seen.lost,
    };
    // A message lost in the first storm counts, too.
    const invalid =
      judgeAway(stage.row, unmeasured.seen, JUDGED_PER_SECOND) ?? judgeAway(stage.row, seen, JUDGED_PER_SECOND);
    return [{ ...readingOf(null, window, metrics), invalid }];
  },
};

/** Returns the times until shares of the readers were back. A share that wasn't back in time has no number. */
function backTimes({ backMs }: Observation): Record<string, number> {
  return Object.fromEntries(Object.entries(backMs).map(([share, ms]) => [`back${share}`, ms]));
}

const READERS = 100;
const PER_SECOND = 5;
const FLAPPING = { kind: "flapping", everyMs: 15_000, awayMs: 2_000 } as const;
const PERIODS = 3;
/** 6 × 100 readers at 5 messages per second need at most a tenth of a CPU at any server. */
const TOGETHER = 6;

export const flapping: Scenario = {
  name: "flapping",
  title: "Flapping",
  question:
    "Every reader is away for 2 s in every 15 s, as on a train. What share of the messages does it get in the end? The pattern is that of AnyCable's bench. A server that resumes must deliver every message once and in order. A server that doesn't loses what was published while a reader was away, and that is its result.",
  metrics: [
    { name: "delivered", title: "messages delivered", unit: "%", better: "higher" },
    { name: "lost", title: "messages lost", unit: "", better: "lower" },
    { name: "reopened", title: "reconnects", unit: "", better: "lower" },
  ],
  lifecycle: "fresh",
  together: TOGETHER,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 3), readers: READERS }),
  applies: () => true,
  measure: async (stage) => {
    // A run of short windows is only a quick look: one period shows whether a server resumes.
    const periods = stage.effort.seconds < 1 ? 1 : PERIODS;
    const messages = (PER_SECOND * FLAPPING.everyMs * periods) / 1_000;
    await openReaders(stage, READERS, true);
    const program = { kind: "schedule", messages, perSecond: PER_SECOND, textBytes: 0, disturbance: FLAPPING } as const;
    const window = await measureWindow(stage, program, PER_SECOND);
    const { lost, reopened } = window.seen;
    const metrics = { delivered: 100 * (1 - lost / (messages * READERS)), lost, reopened };
    return [{ ...readingOf(null, window, metrics), invalid: judgeAway(stage.row, window.seen, PER_SECOND) }];
  },
};
