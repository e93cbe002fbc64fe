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

const SCRIPT = fileURLToPath(new URL("./switch-clients.ts", import.meta.url));

/** Runs real clients in a process of their own, on `cpu` if there is one for them. Rejects when that fails or ends early. */
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

/** A switch from asking for it to being live on the new transport, in ms. */
export interface Switched {
  readonly from: string;
  readonly to: string;
  readonly startedAt: number;
  readonly liveAt: number;
}

/**
 * By how much the longest pause between two arrivals around a switch was longer than `intervalMs`, at which messages
 * are sent; 0 when none was, null when nothing came after it. `arrivals` are ascending times in ms.
 */
export function gapOf(arrivals: readonly number[], { startedAt, liveAt }: Switched, intervalMs: number): number | null {
  // The old link ends after the new one is live: what that does to the feed shows one interval later.
  const until = liveAt + intervalMs;
  if ((arrivals.at(-1) ?? 0) < until) return null;
  let longest = 0;
  arrivals.forEach((arrival, index) => {
    const before = arrivals[index - 1];
    if (before !== undefined && arrival >= startedAt && before <= until) longest = Math.max(longest, arrival - before);
  });
  return Math.max(0, longest - intervalMs);
}

/** What the process with the real clients is to do. */
export interface SwitchOrder {
  readonly url: string;
  readonly clients: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Of the moments at which clients switch. */
  readonly seed: number;
}

/** What it saw. */
export interface SwitchReport extends Faults {
  readonly messages: number;
  readonly deliveries: number;
  readonly switches: number;
  /** Why a switch failed, one entry for each that did. */
  readonly failures: readonly string[];
  /** By how many ms the longest pause around each switch was longer than the messages' interval; ascending. */
  readonly gapsMs: readonly number[];
  /** CPU time of the process as a share of one CPU, and the 99th percentile of its event loop's delay. */
  readonly cpu: number;
  readonly delayMs: number;
}

export type SwitchAnswer =
  | { readonly type: "switched"; readonly report: SwitchReport }
  | { readonly type: "failed"; readonly message: string };

/** Both ends are this bench's own and of one version: the shape of the envelope tells enough. */
export function isSwitchOrder(value: unknown): value is SwitchOrder {
  return typeof value === "object" && value !== null && "url" in value && "clients" in value;
}

export function isSwitchAnswer(value: unknown): value is SwitchAnswer {
  return typeof value === "object" && value !== null && "type" in value;
}
