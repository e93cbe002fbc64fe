import { setTimeout as sleep } from "node:timers/promises";
import type { Reading, Row, Scenario, Stage } from "../contract.ts";
import type { Opening, Seen } from "../generator/messages.ts";
import type { Memory } from "../measure/process-tree.ts";
import { cpuBetween } from "../measure/process-tree.ts";
import { lineThrough } from "../statistics/estimates.ts";
import { isLetIn, judge, monotonic, openReaders } from "./window.ts";

/** A server that has said where it listens still compiles and collects; one that has let in a crowd as well. */
const SETTLE_MS = 1_000;
/** Skyrocket tells its readers of a crowd that came in up to 5 s later (census), which answers every held poll once. */
const LONGEST_ECHO_SECONDS = 6;
const LONGEST_BASE_SECONDS = 10;
/** A whole number of heartbeats every 15 s and pings or holds every 25 s: a minute would hold two or three of the latter. */
const BEATS_SECONDS = 75;
/** 5 × 3,000 readers of one generator stay under the 20,000 files a process may usually have open. */
const TOGETHER = 5;
/** Nothing is sent: the generator's delay is held against one message a second. */
const JUDGED_PER_SECOND = 1;

/** What was found with so many connections open. */
interface Step {
  readonly connections: number;
  readonly memory: Memory;
  readonly opening: Opening;
}

export const idle: Scenario = {
  name: "idle",
  title: "Idle connections",
  question:
    "What does a connection cost on which nothing happens? In one server the number of connections rises in steps; memory is resident bytes of the process tree after garbage collection, its session included, as the slope over the steps, so that the server's own part is out of it; V8's young generation, which is empty then and doubles now and then with the rate of allocation, is in it, and the slope without it stands beside; the kernel's part, about 4 KB a socket, is not in it. Then CPU over whole periods of the usual heartbeats, less that of the same server without connections; the 6 s after the last connection, in which a server may tell of the newcomers, are left out. Raw readers answer pings but don't send Skyrocket's `alive`, one request each 25 s that its own client sends over SSE. Connections per second are given where the server answers a new reader at once; a held poll it doesn't.",
  metrics: [
    { name: "memoryPerConnection", title: "memory per connection", unit: "bytes", better: "lower" },
    { name: "heapPerConnection", title: "of it JavaScript heap", unit: "bytes", better: "lower" },
    { name: "memoryWithoutYoung", title: "of it without the young generation", unit: "bytes", better: "lower" },
    { name: "memoryBase", title: "memory without connections", unit: "bytes", better: "lower" },
    { name: "idleCpu", title: "CPU per second and connection", unit: "µs", better: "lower" },
    { name: "idleBytesDown", title: "bytes down per minute and connection", unit: "bytes", better: "lower" },
    { name: "idleBytesUp", title: "bytes up per minute and connection", unit: "bytes", better: "lower" },
    { name: "connectsPerSecond", title: "connections opened per second", unit: "1/s", better: "higher" },
    { name: "handshakeBytesDown", title: "bytes down to connect", unit: "bytes", better: "lower" },
    { name: "handshakeBytesUp", title: "bytes up to connect", unit: "bytes", better: "lower" },
  ],
  lifecycle: "fresh",
  together: TOGETHER,
  adapt: (effort) => ({
    ...effort,
    rounds: Math.min(effort.rounds, 3),
    readers: Math.max(...effort.idle),
    idle: [...new Set(effort.idle)].sort((a, b) => a - b),
    idleSeconds: effort.idleSeconds >= 60 ? Math.max(effort.idleSeconds, BEATS_SECONDS) : effort.idleSeconds,
  }),
  applies: () => true,
  measure: async (stage) => {
    await sleep(SETTLE_MS);
    const baseCpu = await cpuPerSecond(stage, Math.min(stage.effort.idleSeconds, LONGEST_BASE_SECONDS));
    const bare = await stage.server.memory();
    const steps = await stage.alone(() => climb(stage));
    // Rows measured together stand in line by now: behind them nobody opens connections any more.
    await stage.alone(async () => {});
    await sleep(Math.min(stage.effort.idleSeconds, LONGEST_ECHO_SECONDS) * 1_000);
    return [await watch(stage, steps, bare, baseCpu)];
  },
};

/** Opens connections step by step and weighs the server at each. */
async function climb(stage: Stage): Promise<Step[]> {
  const steps: Step[] = [];
  let open = 0;
  for (const connections of stage.effort.idle) {
    const opening = await openReaders(stage, connections - open, false);
    open = connections;
    await sleep(SETTLE_MS);
    steps.push({ connections, memory: await stage.server.memory(), opening });
  }
  return steps;
}

async function watch(stage: Stage, steps: readonly Step[], bare: Memory, baseCpu: number): Promise<Reading> {
  const { effort, generator, row, server } = stage;
  const begin = monotonic();
  const before = await server.cpuTime();
  const seen = await generator.run(row.name, { kind: "wait", ms: effort.idleSeconds * 1_000 });
  const end = monotonic();
  const cpu = cpuBetween(before, await server.cpuTime()).total / ((end - begin) / 1_000_000);
  const { latency, lastLatency, lost, doubled, reordered } = seen;
  const connections = steps.at(-1)?.connections ?? 0;
  return {
    point: null,
    metrics: {
      ...weigh(steps, bare),
      ...greet(row, steps),
      ...murmur(seen, connections),
      idleCpu: (cpu - baseCpu) / connections,
    },
    latency,
    lastLatency,
    faults: { lost, doubled, reordered },
    invalid: judge(seen, JUDGED_PER_SECOND),
    span: [begin, end],
  };
}

/** Memory by connections. One step alone has only the bare server to be compared with. */
function weigh(steps: readonly Step[], bare: Memory): Record<string, number> {
  const weighed = steps.length > 1 ? steps : [{ connections: 0, memory: bare }, ...steps];
  const rss = lineThrough(weighed.map(({ connections, memory }) => [connections, memory.rssBytes]));
  const old = lineThrough(
    weighed.map(({ connections, memory: { rssBytes, youngBytes } }) => [connections, rssBytes - (youngBytes ?? 0)]),
  );
  const heaps = weighed.flatMap(({ connections, memory: { heapBytes } }) =>
    heapBytes === null ? [] : [[connections, heapBytes] as const],
  );
  return {
    memoryPerConnection: rss.slope,
    memoryWithoutYoung: old.slope,
    ...(heaps.length === weighed.length ? { heapPerConnection: lineThrough(heaps).slope } : {}),
    memoryBase: bare.rssBytes,
  };
}

/** What connecting took, in the step that opened most at once. */
function greet(row: Row, steps: readonly Step[]): Record<string, number> {
  const largest = steps.map(({ opening }) => opening).reduce((a, b) => (b.readers >= a.readers ? b : a));
  return {
    ...(isLetIn(row) ? { connectsPerSecond: (largest.readers / largest.elapsedMs) * 1_000 } : {}),
    handshakeBytesDown: largest.bytesDown,
    handshakeBytesUp: largest.bytesUp,
  };
}

function murmur({ bytesDown, bytesUp, elapsedMs }: Seen, connections: number): Record<string, number> {
  const perMinute = 60_000 / elapsedMs / connections;
  return { idleBytesDown: bytesDown * perMinute, idleBytesUp: bytesUp * perMinute };
}

/** CPU of the server in microseconds per second, over so many seconds. */
async function cpuPerSecond({ server }: Stage, seconds: number): Promise<number> {
  const begin = monotonic();
  const before = await server.cpuTime();
  await sleep(seconds * 1_000);
  const elapsed = monotonic() - begin;
  return cpuBetween(before, await server.cpuTime()).total / (elapsed / 1_000_000);
}
