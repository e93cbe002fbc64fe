import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Generator } from "../generator/client.ts";
import type { Observation } from "../generator/messages.ts";
import { placement } from "../measure/machine.ts";
import { startNode } from "../measure/server-process.ts";
import { judge } from "../scenarios/window.ts";
import { quantile } from "../statistics/estimates.ts";
import { Histogram } from "../statistics/histogram.ts";
import { type Fault, startFaultyServer } from "./faulty-server.ts";
import {
  type Check,
  checkClock,
  checkLimits,
  checkNoise,
  checkTimers,
  describeCheck,
  fail,
  ok,
  readClocks,
  readLimits,
  timeFixedWork,
  timeTimers,
  warn,
} from "./machine.ts";

/** The most connections of a full run: those of `idle`. */
const MOST_READERS = 3_000;

/**
 * Checks whether the results of this machine and this harness can be trusted, and prints one line per check. It takes about
 * ten seconds. Resolves to whether nothing failed; a warning names a limit to keep in mind.
 */
export async function doctor(print: (line: string) => void): Promise<boolean> {
  const failed: Check[] = [];
  const report = (...checks: readonly Check[]): void => {
    for (const check of checks) {
      print(describeCheck(check));
      if (check.verdict === "fail") failed.push(check);
    }
  };
  report(...checkLimits(readLimits(), MOST_READERS));
  report(checkNoise(timeFixedWork()), checkTimers(await timeTimers()));
  report(checkClock(await readClocks()));
  const { load: cpu } = placement();
  const generator = new Generator(cpu);
  try {
    report(checkPacing(await timeArrivals(generator)));
    for await (const check of checkHarness(generator)) report(check);
    report(await checkStarved(generator, cpu));
  } finally {
    await generator.stop();
  }
  print(
    failed.length === 0
      ? "\nNothing failed."
      : `\n${failed.length} failed: ${failed.map(({ name }) => name).join(", ")}`,
  );
  return failed.length === 0;
}

const HELPER = fileURLToPath(new URL("./helper.ts", import.meta.url));
/** The servers of these checks use the dialect of this floor. */
const ROW = "net";
const READERS = 10;
const STALL_MS = 200;
/** A stall of 200 ms must show as at least this much at p99.9. */
const SEEN_MS = 150;
const BURNING_SECONDS = 3;
const BURNING_THREADS = 24;

/** Runs the bench's own generator against servers with known faults. It must find each fault. */
export async function* checkHarness(generator: Generator): AsyncGenerator<Check> {
  yield await checkHonest(generator);
  yield await checkStall(generator);
  yield await checkFault(generator, "a lost message", (message, count) => (count === 555 ? [] : [message]), {
    lost: 1,
  });
  yield await checkFault(
    generator,
    "a duplicate",
    (message, count) => (count === 555 ? [message, message] : [message]),
    {
      duplicated: 1,
    },
  );
  yield await checkFault(generator, "two swapped", swapping(), { reordered: 1 });
}

async function checkHonest(generator: Generator): Promise<Check> {
  const name = "harness: no fault";
  const seen = await against(generator, (message) => [message], 100, 500);
  const { lost, duplicated, reordered, deliveries } = seen;
  const found = `${deliveries} deliveries, ${lost} lost, ${duplicated} duplicated, ${reordered} reordered`;
  return deliveries === 100 * READERS && lost + duplicated + reordered === 0
    ? ok(name, found)
    : fail(name, found, "The generator reports faults that don't exist. It would blame servers for them.");
}

async function checkStall(generator: Generator): Promise<Check> {
  const name = "harness: a stall";
  const stall: Fault = (message, count) => {
    if (count === 300 * READERS) pause(STALL_MS);
    return [message];
  };
  const seen = await against(generator, stall, 1_000, 1_000);
  const latency = Histogram.decode(seen.latency);
  const high = latency.percentile(99.9) / 1_000;
  const found = `${STALL_MS} ms at 1,000 messages a second is ${high.toFixed(0)} ms at p99.9, ${(latency.percentile(50) / 1_000).toFixed(2)} ms at p50`;
  return high >= SEEN_MS
    ? ok(name, found)
    : fail(name, found, "Latency does not count from the intended time of sending, so percentiles hide pauses.");
}

async function checkFault(
  generator: Generator,
  what: string,
  fault: Fault,
  expected: Partial<Record<"lost" | "duplicated" | "reordered", number>>,
): Promise<Check> {
  const { lost, duplicated, reordered } = await against(generator, fault, 100, 500);
  const faults = { lost, duplicated, reordered };
  const found = `of ${100 * READERS} deliveries ${lost} lost, ${duplicated} duplicated, ${reordered} reordered`;
  const right = (["lost", "duplicated", "reordered"] as const).every((kind) => faults[kind] === (expected[kind] ?? 0));
  return right
    ? ok(`harness: ${what}`, found)
    : fail(`harness: ${what}`, found, "The generator's ledger is wrong. A server that loses messages would pass.");
}

/** Starves the generator, which runs on `cpu`, of CPU time. It must not blame the server. */
export async function checkStarved(generator: Generator, cpu: number | null): Promise<Check> {
  const name = "harness: starved";
  const cores = cpu === null ? availableParallelism() : 1;
  const burner = startNode(
    [HELPER, "burn", String(BURNING_THREADS * cores), String(BURNING_SECONDS)],
    { cpu },
    "inherit",
  );
  const ended = once(burner, "exit");
  try {
    await once(burner, "message");
    const seen = await against(generator, (message) => [message], 100, 100);
    const invalid = judge(seen, 100);
    const found = `event loop ${seen.generatorDelayMs.toFixed(0)} ms late at p99: ${invalid?.kind === "generator" ? "flagged" : "not flagged"}`;
    return invalid?.kind === "generator"
      ? ok(name, found)
      : fail(name, found, "A starved generator is mistaken for a slow server. Make sure that nothing else runs.");
  } finally {
    burner.kill("SIGKILL");
    await ended;
  }
}

/** Returns what the generator observes at a server with this fault, when messages are sent on a fixed schedule. */
async function against(generator: Generator, fault: Fault, messages: number, perSecond: number): Promise<Observation> {
  const server = await startFaultyServer(fault);
  try {
    await generator.open({ row: ROW, url: server.url, readers: READERS, supervised: false });
    const seen = await generator.run(ROW, { kind: "schedule", messages, perSecond, textBytes: 0, disturbance: null });
    await generator.close(ROW);
    return seen;
  } finally {
    await server.close();
  }
}

/** Swaps two messages. The server writes to readers in a fixed order: reader 5 gets message 40 after message 41. */
function swapping(): Fault {
  const [first, second] = [40 * READERS + 5, 41 * READERS + 5];
  let held = "";
  return (message, count) => {
    if (count === first) {
      held = message;
      return [];
    }
    return count === second ? [message, held] : [message];
  };
}

function pause(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    // Block the event loop: this is the stall.
  }
}

const PER_SECOND = 500;
const MESSAGES = 500;
/** Above this delay, in ms, a message's latency is mostly the generator's. It counts as latency all the same. */
const LATE_MS = 5;

/** Lets the load generator publish on a schedule. Resolves to the arrival times, in ms, at a server in this process. */
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

/** Checks how late messages arrived. The earliest one, compared with its own due time, counts as punctual. */
export function checkPacing(arrivals: readonly number[], perSecond = PER_SECOND): Check {
  const name = "pacing";
  const offsets = arrivals.map((at, number) => at - (number * 1_000) / perSecond).sort((a, b) => a - b);
  const [first, middle, high] = [0, 0.5, 0.99].map((share) => quantile(offsets, share));
  const late = { middle: (middle ?? 0) - (first ?? 0), high: (high ?? 0) - (first ?? 0) };
  const found = `${perSecond} messages a second arrive ${late.middle.toFixed(2)} ms late at the median, ${late.high.toFixed(2)} at p99`;
  return late.high <= LATE_MS
    ? ok(name, found)
    : warn(name, found, "Latencies include this delay of the generator. Compare them only within one run.");
}
