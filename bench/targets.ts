import type { Target } from "./contract.ts";
import type { Results, Verdict } from "./results.ts";
import { ratiosInRounds, valuesOf } from "./statistics/in-rounds.ts";
import { seededRandom } from "./statistics/random.ts";
import { type Estimate, estimate } from "./statistics/summary.ts";

/** With fewer rounds an interval says nothing. */
const FEWEST_ROUNDS = 3;
/** Half the interval, as a share of the median, beyond which a run can't tell whether a target is met. */
const WIDEST = 0.05;

const LAST_RATE = "20/s";

/** What the project means to keep; docs/performance.md says of each whether it does. */
export const TARGETS: readonly Target[] = [
  cpu("websocket", "net", 1.1),
  cpu("sse", "net", 1.1),
  cpu("long-polling", "http-long-polling", 1.3),
  cpu("long-polling", "net", 3.4, 3),
  cpu("websocket", "socket-io-websocket", 0.7),
  cpu("websocket", "ws-naive", 0.8),
  cpu("websocket", "nchan-websocket", 1.05),
  cpu("sse", "better-sse", 0.6),
  cpu("sse", "nchan-sse", 0.9),
  cpu("long-polling", "socket-io-polling", 0.6),
  cpu("long-polling", "nchan-long-polling", 1.5),
  cpu("websocket", "websocket-no-lab", 1.03),
  { ...cpu("websocket", "net", 0.2), scenario: "burst", point: "10" },
  { ...cpu("sse", "net", 0.2), scenario: "burst", point: "10" },
  { ...cpu("long-polling", "net", 1), scenario: "burst", point: "10", againstPoint: "1" },
  { ...cpu("websocket-sqlite", "websocket", 1.25), scenario: "durable", point: null, metric: "cpuPerMessage" },
  ratio("saturate", "deliveriesPerSecond", "websocket", "socket-io-websocket", 3, "at least"),
  ratio("saturate", "deliveriesPerSecond", "sse", "socket-io-websocket", 3, "at least"),
  number("fanout", "lockstep", "overhead", "websocket", 4),
  number("fanout", "lockstep", "overhead", "sse", 30),
  number("fanout", "lockstep", "overhead", "long-polling", 190),
  number("idle", null, "memoryPerConnection", "websocket", 16_384, 12_288),
  number("idle", null, "memoryPerConnection", "sse", 23_552, 13_312),
  number("idle", null, "memoryPerConnection", "long-polling", 20_480, 15_360),
  ratio("idle", "memoryPerConnection", "websocket", "socket-io-websocket", 0.5),
  ratio("idle", "memoryPerConnection", "sse", "socket-io-websocket", 0.65),
  ratio("idle", "memoryPerConnection", "long-polling", "socket-io-polling", 0.6),
  number("idle", null, "idleCpu", "sse", 1),
  number("idle", null, "idleCpu", "websocket", 2),
  number("idle", null, "idleCpu", "long-polling", 3),
  ...["websocket", "sse", "long-polling"].map((row) => number("slow", null, "othersP99", row, 1.1)),
  ...["websocket", "sse", "long-polling"].map((row) => ratio("storm", "back95", row, "ws-best", 1.5)),
  ...["websocket", "sse", "long-polling"].map((row) => number("jitter", null, "delivered", row, 100, null, "at least")),
  ...["websocket", "sse", "long-polling"].map((row) => ({
    ...ratio("fanout", "last-p99", row, "net", 2),
    point: LAST_RATE,
  })),
];

/** Puts every target to a run's samples. */
export function judgeTargets({ samples, scenarios, seed }: Results): Verdict[] {
  return TARGETS.map((target) => {
    const all = samples.filter(({ scenario }) => scenario === target.scenario);
    const rows = all.filter(({ row }) => row === target.row);
    const own = rows.filter(({ point, invalid }) => point === target.point && invalid === null);
    // One fault, and a row has no number.
    const faulty = rows.some(({ invalid }) => invalid?.kind === "faults");
    const values =
      target.against === null
        ? valuesOf(all, own, target.metric)
        : ratiosInRounds(all, own, target.metric, target.against, target.againstPoint);
    const effort = scenarios.find(({ name }) => name === target.scenario)?.effort;
    if (faulty || effort === undefined || values.length === 0)
      return { target, measured: null, verdict: faulty ? "missed" : "not measured" };
    const measured = estimate(values, seededRandom(seed));
    return { target, measured, verdict: verdictOn(target, measured, values.length) };
  });
}

/** Met: the interval's better end reaches the bound, and the interval is narrow enough to tell. */
export function verdictOn(
  { bound, direction }: Target,
  { median, low, high }: Estimate,
  rounds: number,
): Verdict["verdict"] {
  const reached = direction === "at most" ? low <= bound : high >= bound;
  if (!reached) return "missed";
  const narrow = rounds >= FEWEST_ROUNDS && (high - low) / 2 <= Math.abs(median) * WIDEST;
  return narrow ? "met" : "unsure";
}

function cpu(row: string, against: string, bound: number, stretch: number | null = null): Target {
  return { ...ratio("fanout", "cpu", row, against, bound), point: "lockstep", stretch };
}

function ratio(
  scenario: string,
  metric: string,
  row: string,
  against: string,
  bound: number,
  direction: Target["direction"] = "at most",
): Target {
  return { scenario, point: null, metric, row, against, againstPoint: null, bound, stretch: null, direction };
}

function number(
  scenario: string,
  point: string | null,
  metric: string,
  row: string,
  bound: number,
  stretch: number | null = null,
  direction: Target["direction"] = "at most",
): Target {
  return { scenario, point, metric, row, against: null, againstPoint: null, bound, stretch, direction };
}
