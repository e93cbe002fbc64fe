import { setTimeout as sleep } from "node:timers/promises";
import type { Reading, Row, Scenario, Stage } from "../contract.ts";
import type { Observation, Opening } from "../generator/messages.ts";
import type { Memory } from "../measure/process-tree.ts";
import { cpuBetween } from "../measure/process-tree.ts";
import { lineThrough } from "../statistics/estimates.ts";
import { confirmsReaders, judge, monotonic, openReaders } from "./window.ts";

/** A server that has just started, or just accepted many connections, still compiles and collects garbage. */
const SETTLE_MS = 1_000;
/** Skyrocket sends a census up to 5 s after many members joined, which answers every held poll once. */
const LONGEST_CENSUS_SECONDS = 6;
const LONGEST_BASE_SECONDS = 10;
/** A multiple of the heartbeats' 15 s and of the pings' and holds' 25 s. A minute has two or three of the latter. */
const WHOLE_PERIODS_SECONDS = 75;
/** 5 × 3,000 readers of one generator stay below the usual limit of 20,000 open files per process. */
const TOGETHER = 5;
/** How late the generator may be (see `judge`). No message is sent, so there is no rate. */
const JUDGED_PER_SECOND = 1;

/** One step of the measurement: memory with a number of open connections. */
interface Step {
  readonly connections: number;
  readonly memory: Memory;
  readonly opening: Opening;
}

export const idle: Scenario = {
  name: "idle",
  title: "Idle connections",
  question:
    "What does an idle connection cost? The number of connections of one server increases in steps. Memory is the slope over the steps, of the resident bytes of the process tree after garbage collection: sessions are included, the server's own memory is not. V8's young generation, which is empty then and sometimes doubles with the rate of allocation, is included; the slope without it is given as well. The kernel's part, about 4 KB per socket, is not included. CPU is measured over whole periods of the usual heartbeats, minus that of the same server without connections; the 6 s after the last connection, in which a server may announce new members, are left out. Raw readers answer pings but don't send Skyrocket's `alive`, one request every 25 s that its own client sends over SSE. Connections per second are given if the server answers a new reader at once, which it does not for a held poll.",
  metrics: [
    { name: "memoryPerConnection", title: "memory per connection", unit: "bytes", better: "lower" },
    { name: "heapPerConnection", title: "of which JavaScript heap", unit: "bytes", better: "lower" },
    { name: "memoryWithoutYoung", title: "the same without the young generation", unit: "bytes", better: "lower" },
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
    idleSeconds: effort.idleSeconds >= 60 ? Math.max(effort.idleSeconds, WHOLE_PERIODS_SECONDS) : effort.idleSeconds,
  }),
  applies: () => true,
  measure: async (stage) => {
    await sleep(SETTLE_MS);
    const baseCpu = await cpuPerSecond(stage, Math.min(stage.effort.idleSeconds, LONGEST_BASE_SECONDS));
    const bare = await stage.server.memory();
    const steps = await stage.alone(() => openInSteps(stage));
    // Wait for the other rows of this group: after this, none of them opens connections.
    await stage.alone(async () => {});
    await sleep(Math.min(stage.effort.idleSeconds, LONGEST_CENSUS_SECONDS) * 1_000);
    return [await measureIdle(stage, steps, bare, baseCpu)];
  },
};

/** Opens connections in steps and measures the server's memory after each. */
async function openInSteps(stage: Stage): Promise<Step[]> {
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

/** Measures CPU and bytes of the idle connections. */
async function measureIdle(stage: Stage, steps: readonly Step[], bare: Memory, baseCpu: number): Promise<Reading> {
  const { effort, generator, row, server } = stage;
  const begin = monotonic();
  const before = await server.cpuTime();
  const seen = await generator.run(row.name, { kind: "wait", ms: effort.idleSeconds * 1_000 });
  const end = monotonic();
  const cpu = cpuBetween(before, await server.cpuTime()).total / ((end - begin) / 1_000_000);
  const { latency, lastLatency, lost, duplicated, reordered } = seen;
  const connections = steps.at(-1)?.connections ?? 0;
  return {
    point: null,
    metrics: {
      ...memoryMetrics(steps, bare),
      ...handshakeMetrics(row, steps),
      ...trafficMetrics(seen, connections),
      idleCpu: (cpu - baseCpu) / connections,
    },
    latency,
    lastLatency,
    faults: { lost, duplicated, reordered },
    invalid: judge(seen, JUDGED_PER_SECOND),
    span: [begin, end],
  };
}

/** Returns the memory per connection. A single step is compared with the server without connections. */
function memoryMetrics(steps: readonly Step[], bare: Memory): Record<string, number> {
  const points = steps.length > 1 ? steps : [{ connections: 0, memory: bare }, ...steps];
  const rss = lineThrough(points.map(({ connections, memory }) => [connections, memory.rssBytes]));
  const old = lineThrough(
    points.map(({ connections, memory: { rssBytes, youngBytes } }) => [connections, rssBytes - (youngBytes ?? 0)]),
  );
  const heaps = points.flatMap(({ connections, memory: { heapBytes } }) =>
    heapBytes === null ? [] : [[connections, heapBytes] as const],
  );
  return {
    memoryPerConnection: rss.slope,
    memoryWithoutYoung: old.slope,
    ...(heaps.length === points.length ? { heapPerConnection: lineThrough(heaps).slope } : {}),
    memoryBase: bare.rssBytes,
  };
}

/** Returns the cost of connecting, in the step that opened the most connections. */
function handshakeMetrics(row: Row, steps: readonly Step[]): Record<string, number> {
  const largest = steps.map(({ opening }) => opening).reduce((a, b) => (b.readers >= a.readers ? b : a));
  return {
    ...(confirmsReaders(row) ? { connectsPerSecond: (largest.readers / largest.elapsedMs) * 1_000 } : {}),
    handshakeBytesDown: largest.bytesDown,
    handshakeBytesUp: largest.bytesUp,
  };
}

function trafficMetrics({ bytesDown, bytesUp, elapsedMs }: Observation, connections: number): Record<string, number> {
  const perMinute = 60_000 / elapsedMs / connections;
  return { idleBytesDown: bytesDown * perMinute, idleBytesUp: bytesUp * perMinute };
}

/** Measures the server's CPU for some seconds, in microseconds per second. */
async function cpuPerSecond({ server }: Stage, seconds: number): Promise<number> {
  const begin = monotonic();
  const before = await server.cpuTime();
  await sleep(seconds * 1_000);
  const elapsed = monotonic() - begin;
  return cpuBetween(before, await server.cpuTime()).total / (elapsed / 1_000_000);
}
