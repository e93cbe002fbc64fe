import { fileURLToPath } from "node:url";
import type { Metric, Reading, Scenario, Stage } from "../contract.ts";
import type { Credentials } from "../generator/dialect.ts";
import { placement } from "../measure/machine.ts";
import { cpuBetween } from "../measure/process-tree.ts";
import { type ServerProcess, startServerProcess } from "../measure/server-process.ts";
import { WorkerProcess } from "../measure/worker-process.ts";
import { monotonic, NO_FAULTS } from "../scenarios/window.ts";
import { ID_PLACE, type Order, type Outcome, type RequestShape, type Tool } from "./messages.ts";

const FLOOR = fileURLToPath(new URL("./floor.ts", import.meta.url));

/** Connections, each with its own session. */
const CONNECTIONS = 10;
/** autocannon reports its duration to 10 ms, which is too imprecise for a shorter window. */
const SHORTEST_SECONDS = 0.5;
/** Length of the unmeasured run before a window, as a share of the window. */
const LEAD_IN = 0.4;
const MOST_ROUNDS = 7;

const METRICS: readonly Metric[] = [
  { name: "requestsPerSecond", title: "requests per second", unit: "1/s", better: "higher" },
  { name: "cpu", title: "server CPU per request", unit: "µs", better: "lower" },
  { name: "user", title: "of which user", unit: "µs", better: "lower" },
  { name: "system", title: "of which system", unit: "µs", better: "lower" },
  { name: "toFloor", title: "server CPU, static floor of the same round = 1", unit: "", better: "lower" },
  { name: "p50", title: "median", unit: "µs", better: "lower" },
  { name: "p90", title: "90th percentile", unit: "µs", better: "lower" },
  { name: "p99", title: "99th percentile", unit: "µs", better: "lower" },
  { name: "p999", title: "99.9th percentile", unit: "µs", better: "lower" },
  { name: "max", title: "longest", unit: "µs", better: "lower" },
  { name: "toolCpu", title: "the tool's own CPU", unit: "%", better: "lower" },
];

/** A server and the request that is sent to it. */
interface Subject {
  /** The beginning of its points' names: "POST", "static POST". */
  readonly label: string;
  readonly server: ServerProcess;
  readonly request: RequestShape;
}

export const plainHttp: Scenario = {
  name: "plain-http",
  title: "Plain HTTP",
  question: `What does a command or an empty short poll cost, and does the usual tool measure the same as ours? autocannon 9.0.0 and a closed loop of this bench send the same requests over ${CONNECTIONS} connections to Skyrocket and to a bare node:http server that answers the same bytes, one after the other within each round. In a closed loop a slow response delays the next request, so its percentiles are not users' latencies. If the tool's own CPU is near 100 %, requests per second are its limit and not the server's.`,
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
        return await measureRequests(stage, floor, driver);
      } finally {
        await floor.stop();
      }
    } finally {
      await driver.stop();
    }
  },
};

/** Measures polls before commands: after a command a poll would not be empty. */
async function measureRequests(stage: Stage, floor: ServerProcess, driver: Driver): Promise<Reading[]> {
  const { server, row, round } = stage;
  const members = await row.dialect.join(server.url, CONNECTIONS);
  const sessions = members.map(({ session }) => session);
  const readings: Reading[] = [];
  for (const request of [emptyPoll(members), COMMAND]) {
    const { method } = request;
    for (const tool of alternating<Tool>(["ours", "autocannon"], round)) {
      const pair = alternating<Subject>(
        [
          { label: method, server, request },
          { label: `static ${method}`, server: floor, request },
        ],
        round >> 1,
      );
      const made: Reading[] = [];
      for (const subject of pair) made.push(await measure(subject, tool, sessions, stage.effort.seconds, driver));
      readings.push(...withRatio(made, `static ${method} by ${tool}`));
    }
  }
  return readings;
}

async function measure(
  { label, server, request }: Subject,
  tool: Tool,
  sessions: readonly string[],
  seconds: number,
  driver: Driver,
): Promise<Reading> {
  const order = { tool, url: server.url.href, request, sessions };
  await driver.run({ ...order, seconds: seconds * LEAD_IN });
  const begin = monotonic();
  const before = await server.cpuTime();
  const result = await driver.run({ ...order, seconds });
  const cpu = cpuBetween(before, await server.cpuTime());
  const count = Math.max(1, result.requests);
  return {
    point: `${label} by ${tool}`,
    metrics: {
      ...timesOf(result),
      cpu: cpu.total / count,
      user: cpu.user / count,
      system: cpu.system / count,
    },
    latency: result.latency,
    lastLatency: null,
    faults: NO_FAULTS,
    invalid:
      result.failures === 0
        ? null
        : {
            kind: "failed",
            message: `${tool} counted ${result.failures} failed requests and ${result.requests} good ones`,
          },
    span: [begin, monotonic()],
  };
}

function timesOf({ requests, elapsedMs, p50, p90, p99, p999, max, toolCpu }: Outcome): Record<string, number> {
  return { requestsPerSecond: (requests * 1_000) / elapsedMs, p50, p90, p99, p999, max, toolCpu: toolCpu * 100 };
}

/** Adds each reading's CPU as a ratio to the floor's. */
function withRatio(readings: readonly Reading[], floorPoint: string): Reading[] {
  const floor = readings.find(({ point }) => point === floorPoint)?.metrics["cpu"] ?? Number.NaN;
  return readings.map((reading) => ({
    ...reading,
    metrics: { ...reading.metrics, toFloor: (reading.metrics["cpu"] ?? Number.NaN) / floor },
  }));
}

/** Returns the two in alternating order, so that neither profits from being first. */
function alternating<Item>(pair: readonly [Item, Item], turn: number): readonly [Item, Item] {
  return turn % 2 === 0 ? pair : [pair[1], pair[0]];
}

/** A command with a text of the usual length, in a room without readers, so that only the up-leg is measured. */
export const COMMAND: RequestShape = {
  method: "POST",
  path: "/api/commands",
  body: JSON.stringify({ type: "say", id: ID_PLACE, text: "#0000000000 hello, room" }),
  answer: '{"type":"ok"',
};

/** Returns a short poll without new events: its cursor is the latest one of the members. */
export function emptyPoll(members: readonly Credentials[]): RequestShape {
  const head = members
    .map(({ cursor }) => cursor)
    .reduce((furthest, cursor) => (seqOf(cursor) > seqOf(furthest) ? cursor : furthest));
  return { method: "GET", path: `/transports/short-polling?after=${head}`, body: null, answer: "[]" };
}

function seqOf(cursor: string): number {
  return Number(cursor.slice(cursor.lastIndexOf("-") + 1));
}

const SCRIPT = fileURLToPath(new URL("./driver-process.ts", import.meta.url));

/** The bench's handle on the process in which autocannon and our closed loop run. */
export class Driver {
  readonly #worker: WorkerProcess<Order, Outcome>;

  constructor(cpu: number | null) {
    this.#worker = new WorkerProcess("the process of the tools", [SCRIPT], cpu);
  }

  /** Runs one order. Rejects if the tool fails or its process ends. */
  async run(order: Order): Promise<Outcome> {
    try {
      return await this.#worker.ask(order);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${order.tool} against ${order.url}: ${reason}`, { cause: error });
    }
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }
}
