import { fileURLToPath } from "node:url";
import type { Invalid, Reading, Scenario, Stage } from "../contract.ts";
import type { Faults } from "../generator/ledger.ts";
import { placement } from "../measure/machine.ts";
import { cpuBetween } from "../measure/process-tree.ts";
import { startNode, stopChild } from "../measure/server-process.ts";
import { quantile } from "../statistics/estimates.ts";
import { monotonic } from "./window.ts";

const CLIENTS = 50;
const PER_SECOND = 50;
/** Length of a measurement in windows (`effort.seconds`): enough for every client to use every transport. */
const WINDOWS = 5;
/** Above this share of a CPU, the clients and not the server cause the gaps. */
const MOST_CPU = 0.9;

export const switching: Scenario = {
  name: "switch",
  title: "Switching under load",
  question: `Does a reader that changes its transport lose, duplicate or reorder anything? ${CLIENTS} of Skyrocket's own clients, in one process, cycle through all its transports, one switch every 1 to 2 s, while ${PER_SECOND} messages per second arrive. The gap is the longest pause around a switch minus the messages' interval. Switches to and from short polling, which pauses by design, are made but have no gap.`,
  metrics: [
    { name: "switches", title: "switches made", unit: "", better: "higher" },
    { name: "gapP50", title: "gap, p50", unit: "ms", better: "lower" },
    { name: "gapP99", title: "gap, p99", unit: "ms", better: "lower" },
    { name: "cpu", title: "CPU per delivery, switches included", unit: "µs", better: "lower" },
  ],
  lifecycle: "fresh",
  together: 1,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 3), readers: CLIENTS }),
  // One row is enough: its readers use every transport in turn.
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
    const { lost, duplicated, reordered, switches, gapsMs, deliveries } = report;
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
        faults: { lost, duplicated, reordered },
        invalid: judgeSwitching(report),
        span: [begin, monotonic()],
      },
    ];
  },
};

/** Returns why a run of switches is invalid, or null if it is valid. */
export function judgeSwitching(report: SwitchReport): Invalid | null {
  const { lost, duplicated, reordered, failures, switches, cpu, delayMs } = report;
  if (lost !== 0 || duplicated !== 0 || reordered !== 0) return { kind: "faults", lost, duplicated, reordered };
  const [failure] = failures;
  if (failure !== undefined) {
    const made = switches + failures.length;
    return { kind: "failed", message: `${failures.length} of ${made} switches failed, the first from ${failure}` };
  }
  return cpu > MOST_CPU ? { kind: "generator", cpu, delayMs } : null;
}

const SCRIPT = fileURLToPath(new URL("./switch-clients.ts", import.meta.url));

/** Runs real clients in a process of their own, on `cpu` if it is given. Rejects if the process fails or ends early. */
export async function switchInProcess(order: SwitchOrder, cpu: number | null): Promise<SwitchReport> {
  const child = startNode([SCRIPT], { cpu }, "inherit");
  const { promise, resolve, reject } = Promise.withResolvers<SwitchAnswer>();
  child.on("message", (answer) => {
    if (isSwitchAnswer(answer)) resolve(answer);
  });
  child.once("exit", () => reject(new Error("the process of switching clients ended before it was done")));
  try {
    child.send(order, (error) => {
      if (error !== null) reject(error);
    });
    const answer = await promise;
    switch (answer.type) {
      case "switched":
        return answer.report;
      case "failed":
        throw new Error(`the switching clients failed: ${answer.message}`);
    }
  } finally {
    await stopChild(child);
  }
}

/** One switch, from the call until the client is live on the new transport, in ms. */
export interface Switched {
  readonly from: string;
  readonly to: string;
  readonly startedAt: number;
  readonly liveAt: number;
}

/**
 * Returns the longest pause between two arrivals around a switch, minus `intervalMs`, the interval of the messages; at
 * least 0, and null if nothing arrived after the switch. `arrivals` are ascending times in ms.
 */
export function gapOf(arrivals: readonly number[], { startedAt, liveAt }: Switched, intervalMs: number): number | null {
  // The old link ends after the new one is live. An effect of that shows one interval later.
  const until = liveAt + intervalMs;
  if ((arrivals.at(-1) ?? 0) < until) return null;
  let longest = 0;
  arrivals.forEach((arrival, index) => {
    const before = arrivals[index - 1];
    if (before !== undefined && arrival >= startedAt && before <= until) longest = Math.max(longest, arrival - before);
  });
  return Math.max(0, longest - intervalMs);
}

/** The order for the process with the real clients. */
export interface SwitchOrder {
  readonly url: string;
  readonly clients: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Seed of the times at which clients switch. */
  readonly seed: number;
}

/** What the clients observed. */
export interface SwitchReport extends Faults {
  readonly messages: number;
  readonly deliveries: number;
  readonly switches: number;
  /** The reason of each failed switch. */
  readonly failures: readonly string[];
  /** The gap of each switch in ms, ascending. */
  readonly gapsMs: readonly number[];
  /** CPU time of the process as a share of one CPU, and the 99th percentile of its event loop's delay. */
  readonly cpu: number;
  readonly delayMs: number;
}

export type SwitchAnswer =
  | { readonly type: "switched"; readonly report: SwitchReport }
  | { readonly type: "failed"; readonly message: string };

/** Recognises an order by its shape: both ends are the same version of this bench. */
export function isSwitchOrder(value: unknown): value is SwitchOrder {
  return typeof value === "object" && value !== null && "url" in value && "clients" in value;
}

export function isSwitchAnswer(value: unknown): value is SwitchAnswer {
  return typeof value === "object" && value !== null && "type" in value;
}
