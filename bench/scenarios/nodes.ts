/** Scenarios of several nodes on one Redis: capacity and latency with a second node, and recovery after a death. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Effort, Reading, Row, Scenario, Stage } from "../contract.ts";
import { say } from "../generator/stamp.ts";
import { readCpuTime } from "../measure/process-tree.ts";
import { isAnswering, type NodesDetails, nodesOf, untilAnswering } from "../skyrocket/nodes.ts";
import { judgeAway, measureWindow, readingOf, warmUp } from "./window.ts";

/** Few readers, so that a delivery doesn't wait for others of its message. */
const HEARD = { readers: 10, perSecond: 50 };
/** Broadcasts that warm up added connections. */
const WARM_UP_OF_MORE = 100;
const STREAM_RATE = 100;
const MOST_DELIVERIES_PER_SECOND = 50_000;
const FEWEST_TURNS = 40;
const LEAD_IN = 0.2;
/** Lockstep waits for the generator, whose delay costs no CPU of the server: it is compared with this low rate. */
const JUDGED_PER_SECOND = 10;
/** All rows are up at the same time, so that their windows alternate. */
const TOGETHER = 5;

export const nodes: Scenario = {
  name: "nodes",
  title: "Several nodes",
  question:
    "What is a second node worth, and how much later does it hear? Windows of one node with all readers and of two nodes with half each alternate. Messages are published at both nodes in turn, as a balancer without sticky sessions sends them, in lockstep. The cost is the CPU per message of the busiest process, Redis included: on enough CPUs its inverse is the capacity, and the ratio of the costs is the factor that the second node is worth. Latency is that of a fixed rate with 10 readers.",
  metrics: [
    { name: "cost", title: "CPU per message, busiest process", unit: "µs", better: "lower" },
    { name: "first", title: "first node", unit: "µs", better: "lower" },
    { name: "second", title: "second node", unit: "µs", better: "lower" },
    { name: "redis", title: "Redis", unit: "µs", better: "lower" },
    { name: "all", title: "all processes", unit: "µs", better: "lower" },
  ],
  lifecycle: "fresh",
  together: TOGETHER,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 7) }),
  applies: ({ name, only }) => only !== undefined || name === "websocket" || name === "websocket-sqlite",
  measure: async (stage) => {
    const processes = nodesOf(stage.server);
    let open = 0;
    const openUpTo = (readers: number): Promise<void> =>
      stage.alone(async () => {
        await openReaders(stage, readers - open, false);
        await warmUp(stage, open === 0 ? stage.effort.warmUp : WARM_UP_OF_MORE);
        open = readers;
      });
    await openUpTo(HEARD.readers);
    const readings = [await stage.alone(() => latencyOf(stage))];
    if (processes === null || processes.readAt.length < processes.nodes.length) return readings;
    for (const readers of steps(stage.effort)) {
      await openUpTo(readers);
      readings.push(await stage.alone(() => costOf(stage, processes, readers)));
    }
    return readings;
  },
};

/** 100, 500 and 2,000 readers without options. */
function steps({ readers }: Effort): number[] {
  return [Math.max(HEARD.readers, Math.round(readers / 5)), readers, readers * 4];
}

/** Opens more readers, at all nodes of the row in turn. */
function openReaders({ generator, row, server }: Stage, readers: number, supervised: boolean): Promise<unknown> {
  const first = [server.url.href];
  const { readAt = first, publishAt = first } = nodesOf(server) ?? {};
  // A publisher does not reconnect, so none is at a node that is killed.
  const places = supervised ? { readAt } : { readAt, publishAt };
  return generator.open({ row: row.name, url: server.url.href, ...places, readers, supervised });
}

async function latencyOf(stage: Stage): Promise<Reading> {
  const { perSecond } = HEARD;
  const messages = Math.max(FEWEST_TURNS, Math.round(stage.effort.seconds * perSecond));
  const program = { kind: "schedule", messages, perSecond, textBytes: 0, disturbance: null } as const;
  const window = await measureWindow(stage, program, perSecond);
  return readingOf("latency", window, { all: (window.cpu.total * window.seen.deliveries) / messages });
}

async function costOf(stage: Stage, processes: NodesDetails, readers: number): Promise<Reading> {
  const perSecond = Math.min(STREAM_RATE, MOST_DELIVERIES_PER_SECOND / readers);
  const turns = Math.max(FEWEST_TURNS, Math.round(stage.effort.seconds * perSecond));
  const program = { kind: "lockstep", together: 1, perSecond, textBytes: 0 } as const;
  await measureWindow(stage, { ...program, turns: Math.ceil(turns * LEAD_IN) }, JUDGED_PER_SECOND);
  const before = cpuOf(processes);
  const window = await measureWindow(stage, { ...program, turns }, JUDGED_PER_SECOND);
  const after = cpuOf(processes);
  const [redis = 0, first = 0, second] = after.map((total, at) => (total - (before[at] ?? 0)) / turns);
  const metrics = {
    cost: Math.max(redis, first, second ?? 0),
    first,
    ...(second === undefined ? {} : { second }),
    redis,
    all: redis + first + (second ?? 0),
  };
  return readingOf(`${readers} readers`, window, metrics);
}

/** Returns the CPU time of Redis, then of each node, in microseconds. */
function cpuOf({ redis, nodes }: NodesDetails): number[] {
  return [redis, ...nodes].map(({ pid }) => readCpuTime(pid).total);
}

/** After this time without recovery the measurement fails. */
const TIMEOUT_MS = 60_000;
export const outage: Scenario = {
  name: "outage",
  title: "Deaths of Redis and of a node",
  question:
    "Redis is killed while a member at one node says a message every 20 ms and another node has a reader. How long after Redis answers again is a message stored and heard? Then a node with half of the readers is killed. How long until they are attached to the other node, and does each get every message once? Raw readers reconnect without the backoff of the server's own client.",
  metrics: [
    { name: "redisBack", title: "Redis answers again", unit: "ms", better: "lower" },
    { name: "recovery", title: "from then until heard", unit: "ms", better: "lower" },
    { name: "back50", title: "50 % of a dead node's readers back", unit: "ms", better: "lower" },
    { name: "back95", title: "95 %", unit: "ms", better: "lower" },
    { name: "back100", title: "all", unit: "ms", better: "lower" },
    { name: "lost", title: "messages lost", unit: "", better: "lower" },
  ],
  lifecycle: "fresh",
  together: 1,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 5) }),
  applies: ({ name }) => name === "websocket-redis-two",
  measure: async (stage) => {
    const processes = nodesOf(stage.server);
    const [, killed] = processes?.nodes ?? [];
    if (processes === null || killed === undefined) throw new Error("this scenario needs two nodes");
    const redisTimes = await killRedis(processes, stage.row);
    const readers = Math.ceil(stage.effort.readers / 2);
    await openReaders(stage, readers * 2, true);
    await warmUp(stage, Math.min(stage.effort.warmUp, WARM_UP_OF_MORE));
    const program = { kind: "failover", pid: killed.pid, readers, timeoutMs: TIMEOUT_MS } as const;
    const window = await measureWindow(stage, program, JUDGED_PER_SECOND);
    const { lost, backMs } = window.seen;
    const back = Object.fromEntries(Object.entries(backMs).map(([share, ms]) => [`back${share}`, ms]));
    const reading = readingOf(null, window, { ...redisTimes, ...back, lost });
    return [{ ...reading, invalid: judgeAway(stage.row, window.seen, JUDGED_PER_SECOND) }];
  },
};

const SAY_EVERY_MS = 20;

/** Kills Redis. Resolves to the ms until it answers again, and from then until a new message is heard at another node. */
async function killRedis(
  { redis, nodes }: NodesDetails,
  { dialect }: Row,
): Promise<{ redisBack: number; recovery: number }> {
  const [first, second] = nodes.map(({ url }) => new URL(url));
  if (first === undefined || second === undefined) throw new Error("this scenario needs two nodes");
  const [speaker, listener] = await dialect.join(first, 2);
  if (speaker === undefined || listener === undefined) throw new Error("no session was opened");
  const heard = new Map<number, number>();
  let failure: string | null = null;
  const opened = Promise.withResolvers<void>();
  const events = {
    opened: opened.resolve,
    arrived: (number: number) => void heard.set(number, performance.now()),
    failed: (reason: string) => {
      failure = reason;
      opened.reject(new Error(reason));
    },
  };
  const reader = dialect.openReader({ url: second, credentials: listener, link: 1, track: false, events });
  const deadline = performance.now() + TIMEOUT_MS;
  try {
    await opened.promise;
    await sayUntilStored(first, speaker.session, 1, deadline);
    process.kill(redis.pid, "SIGKILL");
    const killedAt = performance.now();
    while (await isAnswering(redis.port)) await sleep(1);
    const back = untilAnswering(redis.port).then(() => performance.now());
    const number = await sayUntilStored(first, speaker.session, 2, deadline);
    while (!heard.has(number) && failure === null && performance.now() < deadline) await sleep(1);
    const heardAt = heard.get(number);
    if (heardAt === undefined) throw new Error(`message ${number} was not heard: ${failure ?? "timed out"}`);
    const backAt = await back;
    return { redisBack: backAt - killedAt, recovery: heardAt - backAt };
  } finally {
    reader.close();
  }
}

/** Says one message after another until one is stored. Resolves to its number. */
async function sayUntilStored(url: URL, session: string, first: number, deadline: number): Promise<number> {
  for (let number = first; performance.now() < deadline; number += 1) {
    const response = await fetch(new URL("/api/commands", url), {
      method: "POST",
      headers: { authorization: `Bearer ${session}`, "content-type": "application/json" },
      body: say(number, 0),
    });
    await response.arrayBuffer();
    if (response.ok) return number;
    await sleep(SAY_EVERY_MS);
  }
  throw new Error(`no message was stored within ${TIMEOUT_MS / 1_000} s`);
}
