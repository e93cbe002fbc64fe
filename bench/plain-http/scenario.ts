import { fileURLToPath } from "node:url";
import type { Metric, Reading, Scenario, Stage } from "../contract.ts";
import { placement } from "../measure/machine.ts";
import { cpuBetween } from "../measure/process-tree.ts";
import { type ServerProcess, startServerProcess } from "../measure/server-process.ts";
import { monotonic, NO_FAULTS } from "../scenarios/window.ts";
import { type Driven, Driver } from "./driver.ts";
import type { RequestShape, Tool } from "./messages.ts";
import { COMMAND, emptyPoll } from "./requests.ts";

const FLOOR = fileURLToPath(new URL("./floor.ts", import.meta.url));

/** Connections, each with a session of its own. */
const CONNECTIONS = 10;
/** autocannon tells its duration to 10 ms: of a shorter window too rough. */
const SHORTEST_SECONDS = 0.5;
/** Share of a window that is run before it and dropped. */
const LEAD_IN = 0.4;
const MOST_ROUNDS = 7;

const METRICS: readonly Metric[] = [
  { name: "requestsPerSecond", title: "requests per second", unit: "1/s", better: "higher" },
  { name: "cpu", title: "server CPU per request", unit: "µs", better: "lower" },
  { name: "user", title: "of it user", unit: "µs", better: "lower" },
  { name: "system", title: "of it system", unit: "µs", better: "lower" },
  { name: "toFloor", title: "server CPU, static floor of the same round = 1", unit: "", better: "lower" },
  { name: "p50", title: "median", unit: "µs", better: "lower" },
  { name: "p90", title: "90th percentile", unit: "µs", better: "lower" },
  { name: "p99", title: "99th percentile", unit: "µs", better: "lower" },
  { name: "p999", title: "99.9th percentile", unit: "µs", better: "lower" },
  { name: "max", title: "longest", unit: "µs", better: "lower" },
  { name: "toolCpu", title: "the tool's own CPU", unit: "%", better: "lower" },
];

/** One server's end of a leg. */
interface Asked {
  /** What its points are called by: "POST", "static POST". */
  readonly label: string;
  readonly server: ServerProcess;
  readonly request: RequestShape;
}

export const plainHttp: Scenario = {
  name: "plain-http",
  title: "Plain HTTP",
  question: `What does a command or an empty short poll cost, and does the usual tool see what ours sees? autocannon 9.0.0 and a closed loop of this bench ask the same with ${CONNECTIONS} connections: Skyrocket, and a bare node:http server that answers the same bytes, one after the other within each round. In a closed loop a slow answer delays the next question, so its percentiles are no users' latencies; and where the tool's own CPU is near 100 %, requests per second are its limit and not the server's.`,
  metrics: METRICS,
  lifecycle: "fresh",
  together: 1,
  adapt: (effort) => ({
    ...effort,
    rounds: Math.min(effort.rounds, MOST_ROUNDS),
    seconds: Math.max(effort.seconds, SHORTEST_SECONDS),
  }),
  applies: ({ kind, leg }) => kind === "ours" && leg === "short-polling",
  measure: async (stage) => {
    const place = placement();
    const driver = new Driver(place.load);
    try {
      const floor = await startServerProcess([FLOOR], { cpu: place.server });
      try {
        return await measureLegs(stage, floor, driver);
      } finally {
        await floor.stop();
      }
    } finally {
      await driver.stop();
    }
  },
};

/** Polls before commands: after a command there would be something new. */
async function measureLegs(stage: Stage, floor: ServerProcess, driver: Driver): Promise<Reading[]> {
  const { server, row, round } = stage;
  const members = await row.dialect.enter(server.url, CONNECTIONS);
  const sessions = members.map(({ session }) => session);
  const readings: Reading[] = [];
  for (const request of [emptyPoll(members), COMMAND]) {
    const { method } = request;
    for (const tool of turned<Tool>(["ours", "autocannon"], round)) {
      const pair = turned<Asked>(
        [
          { label: method, server, request },
          { label: `static ${method}`, server: floor, request },
        ],
        round >> 1,
      );
      const made: Reading[] = [];
      for (const asked of pair) made.push(await measure(asked, tool, sessions, stage.effort.seconds, driver));
      readings.push(...withRatio(made, `static ${method} by ${tool}`));
    }
  }
  return readings;
}

async function measure(
  { label, server, request }: Asked,
  tool: Tool,
  sessions: readonly string[],
  seconds: number,
  driver: Driver,
): Promise<Reading> {
  const order = { tool, url: server.url.href, request, sessions };
  await driver.run({ ...order, seconds: seconds * LEAD_IN });
  const begin = monotonic();
  const before = await server.cpuTime();
  const driven = await driver.run({ ...order, seconds });
  const cpu = cpuBetween(before, await server.cpuTime());
  const count = Math.max(1, driven.requests);
  return {
    point: `${label} by ${tool}`,
    metrics: {
      ...timesOf(driven),
      cpu: cpu.total / count,
      user: cpu.user / count,
      system: cpu.system / count,
    },
    latency: driven.latency,
    lastLatency: null,
    faults: NO_FAULTS,
    invalid:
      driven.failures === 0
        ? null
        : {
            kind: "failed",
            message: `${tool} counted ${driven.failures} failed requests beside ${driven.requests} good ones`,
          },
    span: [begin, monotonic()],
  };
}

function timesOf({ requests, elapsedMs, p50, p90, p99, p999, max, toolCpu }: Driven): Record<string, number> {
  return { requestsPerSecond: (requests * 1_000) / elapsedMs, p50, p90, p99, p999, max, toolCpu: toolCpu * 100 };
}

/** Adds what each reading's CPU is of the floor's. */
function withRatio(readings: readonly Reading[], floorPoint: string): Reading[] {
  const floor = readings.find(({ point }) => point === floorPoint)?.metrics["cpu"] ?? Number.NaN;
  return readings.map((reading) => ({
    ...reading,
    metrics: { ...reading.metrics, toFloor: (reading.metrics["cpu"] ?? Number.NaN) / floor },
  }));
}

/** The two in one order and the other, by turns: what comes first has no advantage over all rounds. */
function turned<Item>(pair: readonly [Item, Item], turn: number): readonly [Item, Item] {
  return turn % 2 === 0 ? pair : [pair[1], pair[0]];
}
