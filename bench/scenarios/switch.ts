import type { Invalid, Reading, Scenario, Stage } from "../contract.ts";
import { placement } from "../measure/machine.ts";
import { cpuBetween } from "../measure/process-tree.ts";
import { quantile } from "../statistics/summary.ts";
import { switchInProcess } from "./switch/clients.ts";
import type { SwitchReport } from "./switch/messages.ts";
import { monotonic } from "./window.ts";

const CLIENTS = 50;
const PER_SECOND = 50;
/** Long enough for every client to have been on every transport: this many windows of the run. */
const WINDOWS = 5;
/** Above this share of a CPU the clients, not the server, make the gaps. */
const MOST_CPU = 0.9;

export const switching: Scenario = {
  name: "switch",
  title: "Switching under load",
  question: `Does a reader that changes its transport lose, double or reorder anything? ${CLIENTS} of Skyrocket's own clients, in one process, go round all its transports, each to the next every 1 to 2 s, while ${PER_SECOND} messages a second come. The gap is by how much the longest pause around a switch was longer than the messages' interval; switches to and from short polling, which pauses by design, are made but have no gap.`,
  metrics: [
    { name: "switches", title: "switches made", unit: "", better: "higher" },
    { name: "gapP50", title: "gap, p50", unit: "ms", better: "lower" },
    { name: "gapP99", title: "gap, p99", unit: "ms", better: "lower" },
    { name: "cpu", title: "CPU per delivery, switches included", unit: "µs", better: "lower" },
  ],
  lifecycle: "fresh",
  together: 1,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 3), readers: CLIENTS }),
  // One row stands for all: its readers are on every transport in turn.
  applies: ({ name }) => name === "websocket",
  measure: async ({ server, effort, round }: Stage): Promise<Reading[]> => {
    const begin = monotonic();
    const before = await server.cpuTime();
    const order = {
      url: server.url.href,
      clients: effort.readers,
      seconds: effort.seconds * WINDOWS,
      perSecond: PER_SECOND,
      seed: round,
    };
    const report = await switchInProcess(order, placement().load);
    const cpu = cpuBetween(before, await server.cpuTime()).total;
    const { lost, doubled, reordered, switches, gapsMs, deliveries } = report;
    return [
      {
        point: null,
        metrics: {
          switches,
          ...(gapsMs.length === 0 ? {} : { gapP50: quantile(gapsMs, 0.5), gapP99: quantile(gapsMs, 0.99) }),
          cpu: cpu / Math.max(1, deliveries),
        },
        latency: null,
        lastLatency: null,
        faults: { lost, doubled, reordered },
        invalid: judgeSwitching(report),
        span: [begin, monotonic()],
      },
    ];
  },
};

/** Why a run of switches counts for nothing; null when it does. */
export function judgeSwitching(report: SwitchReport): Invalid | null {
  const { lost, doubled, reordered, failures, switches, cpu, delayMs } = report;
  if (lost !== 0 || doubled !== 0 || reordered !== 0) return { kind: "faults", lost, doubled, reordered };
  const [failure] = failures;
  if (failure !== undefined) {
    const made = switches + failures.length;
    return { kind: "failed", message: `${failures.length} of ${made} switches failed, the first from ${failure}` };
  }
  return cpu > MOST_CPU ? { kind: "generator", cpu, delayMs } : null;
}
