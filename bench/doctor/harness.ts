import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Generator } from "../generator/client.ts";
import type { Seen } from "../generator/messages.ts";
import { startNode } from "../measure/server-process.ts";
import { judge } from "../scenarios/window.ts";
import { Histogram } from "../statistics/histogram.ts";
import { type Check, fail, ok } from "./check.ts";
import { type Fault, startFaultyServer } from "./faulty-server.ts";

const BURNER = fileURLToPath(new URL("./burner.ts", import.meta.url));
/** The faulty servers speak as the floor does. */
const ROW = "net";
const READERS = 10;
const STALL_MS = 200;
/** A stall of 200 ms must be seen as at least this much at p99.9. */
const SEEN_MS = 150;
const BURNING_SECONDS = 3;
const BURNING_THREADS = 24;

/** Puts the bench's own generator before servers that are wrong in known ways: it must find each. */
export async function* checkHarness(generator: Generator): AsyncGenerator<Check> {
  yield await checkHonest(generator);
  yield await checkStall(generator);
  yield await checkFault(generator, "a lost message", (message, count) => (count === 555 ? [] : [message]), {
    lost: 1,
  });
  yield await checkFault(
    generator,
    "a doubled one",
    (message, count) => (count === 555 ? [message, message] : [message]),
    {
      doubled: 1,
    },
  );
  yield await checkFault(generator, "two swapped", swapping(), { reordered: 1 });
}

async function checkHonest(generator: Generator): Promise<Check> {
  const name = "harness: no fault";
  const seen = await against(generator, (message) => [message], 100, 500);
  const { lost, doubled, reordered, deliveries } = seen;
  const found = `${deliveries} deliveries, ${lost} lost, ${doubled} doubled, ${reordered} reordered`;
  return deliveries === 100 * READERS && lost + doubled + reordered === 0
    ? ok(name, found)
    : fail(name, found, "The generator sees faults where there are none: don't believe what it says of servers.");
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
    : fail(name, found, "Latency is not counted from the intended time of sending: percentiles hide pauses.");
}

async function checkFault(
  generator: Generator,
  what: string,
  fault: Fault,
  expected: Partial<Record<"lost" | "doubled" | "reordered", number>>,
): Promise<Check> {
  const { lost, doubled, reordered } = await against(generator, fault, 100, 500);
  const faults = { lost, doubled, reordered };
  const found = `of ${100 * READERS} deliveries ${lost} lost, ${doubled} doubled, ${reordered} reordered`;
  const right = (["lost", "doubled", "reordered"] as const).every((kind) => faults[kind] === (expected[kind] ?? 0));
  return right
    ? ok(`harness: ${what}`, found)
    : fail(`harness: ${what}`, found, "The generator's ledger is wrong: a server that loses messages would pass.");
}

/** Takes the generator, which runs on `cpu`, its CPU away: it must not blame the server. */
export async function checkStarved(generator: Generator, cpu: number | null): Promise<Check> {
  const name = "harness: starved";
  const cores = cpu === null ? availableParallelism() : 1;
  const burner = startNode([BURNER, String(BURNING_THREADS * cores), String(BURNING_SECONDS)], { cpu }, "inherit");
  const ended = once(burner, "exit");
  try {
    await once(burner, "message");
    const seen = await against(generator, (message) => [message], 100, 100);
    const invalid = judge(seen, 100);
    const found = `event loop ${seen.generatorDelayMs.toFixed(0)} ms late at p99: ${invalid?.kind === "generator" ? "flagged" : "not flagged"}`;
    return invalid?.kind === "generator"
      ? ok(name, found)
      : fail(name, found, "A generator that gets no CPU passes for a slow server: make sure that nothing else runs.");
  } finally {
    burner.kill("SIGKILL");
    await ended;
  }
}

/** What the generator sees of a server with this fault, in an open-loop run. */
async function against(generator: Generator, fault: Fault, messages: number, perSecond: number): Promise<Seen> {
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

/** Readers are written in one order each time: what reader 5 misses of message 40 it gets after message 41. */
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
    // Nothing else may run: this is the stall.
  }
}
