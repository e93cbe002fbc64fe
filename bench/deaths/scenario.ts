/** The scenario `deaths`: what is lost when a node or Redis is killed, or a node is cut off, and how it is counted. */
import { fileURLToPath } from "node:url";
import type { Effort, Reading, Row, Scenario } from "../contract.ts";
import { type Faults, Ledger } from "../generator/ledger.ts";
import { placement } from "../measure/machine.ts";
import { processTree } from "../measure/process-tree.ts";
import { type ServerProcess, startServerProcess } from "../measure/server-process.ts";
import { WorkerProcess } from "../measure/worker-process.ts";
import { monotonic, NO_FAULTS } from "../scenarios/window.ts";
import { type NodesDetails, nodesOf, relayed } from "../skyrocket/nodes.ts";

export const READERS_PER_NODE = 10;
const PARTITION_MS = 10_000;
/** How long the writers write before a death, and after its end. */
const LEAD_MS = 1_000;
const TAIL_MS = 8_000;
/** Part of the durations in a quick run, one of windows under a second. */
const QUICK_SHARE = 0.2;

export const deaths: Scenario = {
  name: "deaths",
  title: "Deaths under load",
  question: `What does a reader lose when a node is killed (SIGKILL), when Redis is (it starts again at once), and when one node is cut from Redis for ${PARTITION_MS / 1_000} s? ${READERS_PER_NODE} readers and a writer at each of two nodes; each writer sends a message every 20 ms. Every server has its own client, behind a TCP relay that connects to the other node if its own is dead. Lost: acknowledged, and not received by a reader, summed over readers. Silent: lost, and nothing told that reader afterwards that it may have missed something. Each death has new servers.`,
  metrics: [
    { name: "acknowledged", title: "acknowledged", unit: "", better: "higher" },
    { name: "unanswered", title: "refused or unknown", unit: "", better: "lower" },
    { name: "lost", title: "lost", unit: "", better: "lower" },
    { name: "worst", title: "at the worst reader", unit: "", better: "lower" },
    { name: "silent", title: "silent", unit: "", better: "lower" },
    { name: "duplicated", title: "duplicated", unit: "", better: "lower" },
    { name: "reordered", title: "reordered", unit: "", better: "lower" },
    { name: "recovery", title: "until all is as before", unit: "ms", better: "lower" },
  ],
  lifecycle: "fresh",
  together: 1,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 3), readers: READERS_PER_NODE * 2 }),
  applies: ({ client }) => client !== undefined,
  measure: async ({ row, server, effort }) => {
    const readings: Reading[] = [];
    for (const death of DEATHS) {
      const script = row.server(effort.readers);
      const options = { cpu: placement().server };
      // The servers that were started for this measurement have the first death.
      const own =
        readings.length === 0 ? null : await startServerProcess(death.relays ? relayed(script) : script, options);
      try {
        readings.push(await measureDeath(row, own ?? server, effort, death));
      } finally {
        await own?.stop();
      }
    }
    return readings;
  },
};

interface Death {
  readonly point: string;
  /** Whether nodes reach Redis through relays. Without need they don't: a relay accepts connections while Redis is dead. */
  readonly relays: boolean;
  /** Returns what is done to which processes. */
  readonly hit: (nodes: NodesDetails, share: number) => Hit;
}

/** SIGKILL, or SIGSTOP and after `forMs` SIGCONT. */
export interface Hit {
  readonly pids: readonly number[];
  readonly forMs: number | "for good";
}

const DEATHS: readonly Death[] = [
  {
    point: "node killed",
    relays: false,
    hit: ({ nodes }) => ({ pids: processTree(lastOf(nodes).pid), forMs: "for good" }),
  },
  { point: "Redis killed", relays: false, hit: ({ redis }) => ({ pids: [redis.pid], forMs: "for good" }) },
  {
    point: "partition",
    relays: true,
    hit: ({ nodes }, share) => ({ pids: [relayOf(lastOf(nodes))], forMs: PARTITION_MS * share }),
  },
];

function lastOf(nodes: NodesDetails["nodes"]): NodesDetails["nodes"][number] {
  const last = nodes.at(-1);
  if (nodes.length < 2 || last === undefined) throw new Error("this scenario needs two nodes");
  return last;
}

/** Throws without a relay. */
function relayOf({ relay }: NodesDetails["nodes"][number]): number {
  if (relay === null) throw new Error("a partition needs a node that reaches Redis through a relay");
  return relay;
}

async function measureDeath(row: Row, server: ServerProcess, effort: Effort, { point, hit }: Death): Promise<Reading> {
  const begin = monotonic();
  const span = (): Reading["span"] => [begin, monotonic()];
  try {
    const { lost, duplicated, reordered, lostBefore, ...others } = account(await recordDeath(row, server, effort, hit));
    const faults = { lost, duplicated, reordered };
    // What a death loses is a result. A loss without one means that the servers or the clients are set up wrongly.
    const invalid =
      lostBefore === 0 ? null : ({ kind: "failed", message: `${lostBefore} were lost before the death` } as const);
    return { ...NOTHING, point, metrics: { ...others, ...faults }, faults, invalid, span: span() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...NOTHING, point, invalid: { kind: "failed", message }, span: span() };
  }
}

const NOTHING = { metrics: {}, latency: null, lastLatency: null, faults: NO_FAULTS } as const;

const CLIENTS = fileURLToPath(new URL("./clients.ts", import.meta.url));

async function recordDeath(row: Row, server: ServerProcess, effort: Effort, hit: Death["hit"]): Promise<DeathRecord> {
  const details = nodesOf(server);
  if (details === null) throw new Error("this scenario needs several nodes");
  const share = effort.seconds < 1 ? QUICK_SHARE : 1;
  await using clients = new WorkerProcess<DeathOrder, DeathRecord>("the clients' process", [CLIENTS], placement().load);
  return await clients.ask({
    row: row.name,
    nodes: details.nodes.map(({ url }) => url),
    leadMs: LEAD_MS,
    hit: hit(details, share),
    tailMs: TAIL_MS * share,
  });
}

/** The order for the process with the real clients. */
export interface DeathOrder {
  readonly row: string;
  readonly nodes: readonly string[];
  readonly leadMs: number;
  readonly hit: Hit;
  readonly tailMs: number;
}

/** "refused": the server replied that it was not stored. "unknown": no reply came. */
export type Outcome = "acknowledged" | "refused" | "unknown";

/** What the clients observed. Times are ms on one clock. */
export interface DeathRecord {
  readonly diedAt: number;
  /** In the order of their numbers, from 1. */
  readonly messages: readonly { readonly writer: number; readonly sentAt: number; readonly outcome: Outcome }[];
  readonly readers: readonly ReaderRecord[];
}

export interface ReaderRecord {
  /** Numbers and times, in the order of arrival. */
  readonly arrivals: readonly (readonly [number: number, at: number])[];
  /** When the reader was told that it may have missed something. */
  readonly told: readonly number[];
}

/** A peer's real client. */
export interface RealClient {
  /** Publishes message `number`. Never rejects; may never resolve. */
  say(number: number): Promise<Outcome>;
  close(): void;
}

export interface ClientEvents {
  /** A message arrived. Its text starts with the stamp of its number. */
  arrived(text: string): void;
  /** The client knows that it may have missed something. */
  told(): void;
}

/** Resolves when the client reads. */
export type OpenClient = (url: URL, name: string, events: ClientEvents) => Promise<RealClient>;

/** The counts of one death, in messages except `recovery`. What readers missed or got is summed over readers. */
export interface Accounts extends Faults {
  readonly acknowledged: number;
  readonly unanswered: number;
  /** `lost` of the reader that lost most. */
  readonly worst: number;
  /** Lost, and the reader was not told afterwards that it may have missed something. */
  readonly silent: number;
  /** Lost though it was sent well before the death. */
  readonly lostBefore: number;
  /** Milliseconds from the death until every message is acknowledged and reaches every reader at once again. */
  readonly recovery: number;
}

/** A message that arrives later than this is late. A message sent longer before the death must have arrived by then. */
const LATE_MS = 500;

/** Counts what was lost, duplicated and reordered at the readers, all of which were members throughout. */
export function account({ messages, readers, diedAt }: DeathRecord): Accounts {
  const lates: Late[] = [];
  const ofReaders = readers.map(({ arrivals, told }) => {
    const arrived = new Map(arrivals.toReversed());
    const lastTold = Math.max(...told, Number.NEGATIVE_INFINITY);
    const counts = { lost: 0, silent: 0, lostBefore: 0 };
    for (const [index, { sentAt, outcome }] of messages.entries()) {
      const at = arrived.get(index + 1);
      const isAcknowledged = outcome === "acknowledged";
      if (!isAcknowledged || at === undefined || at - sentAt > LATE_MS) lates.push({ sentAt, until: at ?? sentAt });
      if (!isAcknowledged || at !== undefined) continue;
      counts.lost += 1;
      if (sentAt > lastTold) counts.silent += 1;
      if (sentAt < diedAt - LATE_MS) counts.lostBefore += 1;
    }
    return counts;
  });
  const sum = (count: "lost" | "silent" | "lostBefore"): number =>
    ofReaders.reduce((total, reader) => total + reader[count], 0);
  const acknowledged = messages.filter(({ outcome }) => outcome === "acknowledged").length;
  return {
    acknowledged,
    unanswered: messages.length - acknowledged,
    lost: sum("lost"),
    worst: Math.max(...ofReaders.map(({ lost }) => lost)),
    silent: sum("silent"),
    lostBefore: sum("lostBefore"),
    ...disorder(messages, readers),
    recovery: endOfLates(lates, diedAt) - diedAt,
  };
}

/** A message that was not acknowledged, or that a reader got late or never. `until`: its arrival, or else `sentAt`. */
interface Late {
  readonly sentAt: number;
  readonly until: number;
}

/** Returns when messages stopped being late, from `from` on. After a pause, later late ones are due to the machine. */
function endOfLates(lates: readonly Late[], from: number): number {
  let end = from;
  for (const { sentAt, until } of lates.toSorted((a, b) => a.sentAt - b.sentAt)) {
    if (sentAt > end + 2 * LATE_MS) break;
    end = Math.max(end, until);
  }
  return end;
}

/** Counts duplicates, and messages that arrived after a later one of the same writer. */
function disorder(
  messages: DeathRecord["messages"],
  readers: DeathRecord["readers"],
): Pick<Faults, "duplicated" | "reordered"> {
  const ledgers = new Map<number, Ledger>();
  const turns = messages.map(({ writer }) => {
    const ledger = ledgers.get(writer) ?? new Ledger(readers.length);
    ledgers.set(writer, ledger);
    return { ledger, turn: ledger.nextNumber(() => {}) };
  });
  for (const [reader, { arrivals }] of readers.entries()) {
    for (const [number] of arrivals) {
      const message = turns[number - 1];
      message?.ledger.arrive(reader, message.turn);
    }
  }
  const faults = [...ledgers.values()].map((ledger) => ledger.faults());
  return {
    duplicated: faults.reduce((sum, { duplicated }) => sum + duplicated, 0),
    reordered: faults.reduce((sum, { reordered }) => sum + reordered, 0),
  };
}
