import type { Target } from "./contract.ts";

const LAST_RATE = "20/s";

/** The project's targets. docs/performance.md lists those that are clearly met or missed. */
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
  ...["websocket", "sse", "long-polling"].map((row) =>
    number("flapping", null, "delivered", row, 100, null, "at least"),
  ),
  // How much more two nodes carry than one, by the number of readers.
  ...["100 readers", "500 readers", "2000 readers"].map((point) => ({
    ...ratio("nodes", "cost", "websocket-redis", "websocket-redis-two", 1.8, "at least"),
    point,
  })),
  ...["websocket", "sse", "long-polling"].map((row) => ({
    ...ratio("fanout", "last-p99", row, "net", 2),
    point: LAST_RATE,
  })),
];

function cpu(row: string, against: string, bound: number, goal: number | null = null): Target {
  return { ...ratio("fanout", "cpu", row, against, bound), point: "lockstep", goal };
}

function ratio(
  scenario: string,
  metric: string,
  row: string,
  against: string,
  bound: number,
  direction: Target["direction"] = "at most",
): Target {
  return { scenario, point: null, metric, row, against, againstPoint: null, bound, goal: null, direction };
}

function number(
  scenario: string,
  point: string | null,
  metric: string,
  row: string,
  bound: number,
  goal: number | null = null,
  direction: Target["direction"] = "at most",
): Target {
  return { scenario, point, metric, row, against: null, againstPoint: null, bound, goal, direction };
}
