import { setTimeout as sleep } from "node:timers/promises";
import type { Scenario, Stage } from "../contract.ts";
import type { Disturbance } from "../generator/messages.ts";
import type { ServerProcess } from "../measure/server-process.ts";
import { Histogram } from "../statistics/histogram.ts";
import { judgeAway, measureWindow, openReaders, readingOf, staysConnected, warmUp } from "./window.ts";

const READERS = 40;
const SHARE = 0.05;
const SLOW = { kind: "slow", share: SHARE, afterMs: 500, forMs: 5_000 } as const;
/** Time for slow readers to catch up. */
const CATCH_UP_MS = 2_000;
/**
 * 1.2 MB per second and reader is 6 MB in 5 s: more than the 4 MB that Linux's buffers of both ends were measured to hold,
 * and less than the 8 MiB of messages that Skyrocket can replay.
 */
const PER_SECOND = 300;
const TEXT_BYTES = 3_900;
/** Fills Skyrocket's replay window once, so that it doesn't grow while memory is measured. */
const WARM_UP = 2_200;
/** How late the generator may be (see `judge`). `PER_SECOND` would allow 10 ms, but its p99 is some tens of ms here. */
const JUDGED_PER_SECOND = 100;

export const slow: Scenario = {
  name: "slow",
  title: "Slow readers",
  question:
    "How do two of forty readers that stop reading for 5 s affect the others and the server? Each reader is sent 1.2 MB per second, more than the kernel's buffers hold. The others' 99th percentile is compared with that of an equal schedule without slow readers right before. Memory is the highest resident size beyond the highest in that schedule, per slow reader. A reader that the server cuts off reconnects. Short pollers, which are rarely connected, are left out.",
  metrics: [
    { name: "othersP99", title: "others' p99 / undisturbed p99", unit: "", better: "lower" },
    { name: "othersP99Time", title: "others' p99", unit: "µs", better: "lower" },
    { name: "memoryGrowth", title: "memory per slow reader", unit: "bytes", better: "lower" },
    { name: "reopened", title: "slow readers cut off and back", unit: "", better: "lower" },
    { name: "slowMax", title: "longest delay of a slow reader", unit: "µs", better: "lower" },
    { name: "lost", title: "messages lost", unit: "", better: "lower" },
  ],
  lifecycle: "fresh",
  together: 1,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 3), readers: READERS }),
  applies: staysConnected,
  measure: async (stage) => {
    await openReaders(stage, READERS, true);
    await warmUp(stage, WARM_UP, TEXT_BYTES);
    const before = await peakResident(stage.server, () => schedule(stage, null));
    const { result: window, peakBytes } = await peakResident(stage.server, () => schedule(stage, SLOW));
    const { seen } = window;
    const undisturbed = p99(before.result.seen.latency);
    const others = p99(seen.latency);
    const metrics = {
      othersP99: others / Math.max(1, undisturbed),
      othersP99Time: others,
      memoryGrowth: Math.max(0, peakBytes - before.peakBytes) / (READERS * SHARE),
      reopened: seen.reopened,
      slowMax: Histogram.decode(seen.disturbedLatency).max,
      lost: seen.lost,
    };
    const invalid = before.result.invalid ?? judgeAway(stage.row, seen, JUDGED_PER_SECOND);
    return [{ ...readingOf(null, window, metrics), invalid }];
  },
};

function schedule(stage: Stage, disturbance: Disturbance | null) {
  const seconds = (SLOW.afterMs + SLOW.forMs + CATCH_UP_MS) / 1_000;
  const messages = Math.round(seconds * PER_SECOND);
  const program = { kind: "schedule", messages, perSecond: PER_SECOND, textBytes: TEXT_BYTES, disturbance } as const;
  return measureWindow(stage, program, JUDGED_PER_SECOND);
}

function p99(latency: Parameters<typeof Histogram.decode>[0]): number {
  return Histogram.decode(latency).percentile(99);
}

/** Often enough to catch a peak of some seconds, and too rarely to cost a busy server anything. */
const SAMPLE_MS = 250;

/** Runs `work` and samples the server's resident bytes during it, without collecting its garbage. */
export async function peakResident<Result>(
  server: Pick<ServerProcess, "resident">,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly peakBytes: number }> {
  const done = new AbortController();
  const watching = watch(server, done.signal);
  try {
    const result = await work();
    done.abort();
    return { result, peakBytes: await watching };
  } finally {
    done.abort();
    await watching.catch(() => {});
  }
}

async function watch(server: Pick<ServerProcess, "resident">, signal: AbortSignal): Promise<number> {
  let peak = await server.resident();
  while (!signal.aborted) {
    await sleep(SAMPLE_MS, undefined, { signal }).catch(() => {});
    peak = Math.max(peak, await server.resident());
  }
  return peak;
}
