import type { Generator } from "../generator/client.ts";
import { quantile } from "../statistics/estimates.ts";
import { type Check, ok, warn } from "./check.ts";
import { startFaultyServer } from "./faulty-server.ts";

/** A server in this process speaks as the floor does. */
const ROW = "net";
const PER_SECOND = 500;
const MESSAGES = 500;
/** Later than this, in ms, a message's latency is mostly the generator's. It counts as latency all the same. */
const LATE_MS = 5;

/** Lets the load generator publish on a schedule; resolves to when, in ms, each message was at a server in this process. */
export async function timeArrivals(generator: Generator): Promise<number[]> {
  const arrivals: number[] = [];
  const server = await startFaultyServer((message) => {
    arrivals.push(performance.now());
    return [message];
  });
  try {
    await generator.open({ row: ROW, url: server.url, readers: 1, supervised: false });
    await generator.run(ROW, {
      kind: "schedule",
      messages: MESSAGES,
      perSecond: PER_SECOND,
      textBytes: 0,
      disturbance: null,
    });
    await generator.close(ROW);
    return arrivals;
  } finally {
    await server.close();
  }
}

/** Judges how far from their schedule messages arrived. The earliest, measured against its own due time, was in time. */
export function checkPacing(arrivals: readonly number[], perSecond = PER_SECOND): Check {
  const name = "pacing";
  const offsets = arrivals.map((at, number) => at - (number * 1_000) / perSecond).sort((a, b) => a - b);
  const [first, middle, high] = [0, 0.5, 0.99].map((share) => quantile(offsets, share));
  const late = { middle: (middle ?? 0) - (first ?? 0), high: (high ?? 0) - (first ?? 0) };
  const found = `${perSecond} messages a second arrive ${late.middle.toFixed(2)} ms after their time at the median, ${late.high.toFixed(2)} at p99`;
  return late.high <= LATE_MS
    ? ok(name, found)
    : warn(name, found, "Latencies include so much of the generator's own: compare them only within one run.");
}
