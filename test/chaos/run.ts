import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { derived } from "../../lab/engine/proxy/random.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { Folder } from "../support/folder.ts";
import { say } from "../support/ids.ts";
import { retryUntilSuccess } from "../support/retry.ts";
import { until } from "../support/wait.ts";
import type { Action } from "./actions.ts";
import { Cluster } from "./cluster.ts";
import { type FloodVerdict, flood } from "./flood.ts";
import { judge, Ledger } from "./ledger.ts";
import { AUTO, Member } from "./member.ts";
import { planFor } from "./plan.ts";
import { ServerProcess } from "./server-process.ts";
import { type StormVerdict, stormInProcess } from "./storm.ts";
import type { Verdict } from "./verdict.ts";

export interface ChaosOptions {
  readonly seed: number;
  /** How long actions are carried out, ms. Members catch up after that. */
  readonly forMs: number;
  /** Two members keep each of these; four switch between them. */
  readonly transports: readonly string[];
  readonly stormReaders: number;
  /** Servers on one Redis; 0 for one server with a file. */
  readonly nodes: number;
  /** Receives the progress, one line at a time. */
  progress(line: string): void;
}

export const ALL_TRANSPORTS: readonly string[] = clientTransports.map(({ name }) => name);

const SWITCHING = "switching";
const ROOM = "chaos";
/** Name of the member that sends the last message. It never attaches a reader. */
const LAST = "last";
/** Members per transport, and members that switch. */
const OF_EACH = 2;
const OF_SWITCHING = 4;
/** Average ms between two messages of a member. */
const SPEAK_EVERY_MS = 300;
const PROGRESS_EVERY_MS = 5_000;
const COUNT_EVERY_MS = 500;
const CATCH_UP_MS = 120_000;
/** Longer than any absent member still counts as present. */
const GHOST_MS = 120_000;

/** Runs a server and members on every transport, carries out the plan, lets all members catch up, and judges the ledger. */
export async function runChaos(options: ChaosOptions): Promise<Verdict> {
  if (options.nodes > 0) {
    await using cluster = await Cluster.start(options.nodes, options.seed);
    return await new Run(options, cluster, cluster).execute();
  }
  using folder = new Folder();
  await using server = await ServerProcess.start(folder.at("chaos.db"));
  return await new Run(options, server, null).execute();
}

class Run {
  readonly #options: ChaosOptions;
  readonly #server: ServerProcess | Cluster;
  readonly #cluster: Cluster | null;
  readonly #ledger = new Ledger();
  readonly #counts = new Map<string, number>();
  readonly #members: Member[] = [];
  readonly #faults: string[] = [];
  readonly #begun = performance.now();
  readonly #delay = monitorEventLoopDelay();
  readonly #ended = new AbortController();
  readonly #inProgress: Promise<void>[] = [];
  readonly #storms: StormVerdict[] = [];
  readonly #floods: FloodVerdict[] = [];
  #storming = false;

  constructor(options: ChaosOptions, server: ServerProcess | Cluster, cluster: Cluster | null) {
    this.#options = options;
    this.#server = server;
    this.#cluster = cluster;
    this.#delay.enable();
  }

  async execute(): Promise<Verdict> {
    try {
      return await this.#execute();
    } finally {
      this.#ended.abort();
      this.#delay.disable();
      await Promise.allSettled(this.#members.map((member) => member.end()));
    }
  }

  async #execute(): Promise<Verdict> {
    const { forMs, seed, transports, nodes } = this.#options;
    const kept = [...transports.flatMap((name) => Array.from({ length: OF_EACH }, () => name))];
    const lineup = [...kept, ...Array.from({ length: OF_SWITCHING }, () => null)];
    for (const [index, transport] of lineup.entries()) this.#members.push(await this.#enter(index, transport));
    const signal = AbortSignal.timeout(forMs);
    const watching = this.#watch();
    const speaking = this.#members.map((member, index) => this.#speak(member, index, signal));
    await this.#carryOut(planFor({ ...this.#options, members: lineup }), forMs);
    await Promise.all(speaking);
    const end = await this.#calmDown();
    this.#ended.abort();
    await watching;
    for (const member of this.#members) {
      if (member.closedBecause !== null) this.#faults.push(`${member.name} was closed: ${member.closedBecause}`);
    }
    this.#faults.push(...this.#server.crashes, ...this.#ledger.presenceFaults);
    const rows = judge(this.#ledger, [...transports, SWITCHING], end);
    const { rssBytes } = this.#server;
    const [storms, floods, counts, faults] = [this.#storms, this.#floods, this.#counts, this.#faults];
    const loopDelayMs = this.#delay.max / 1e6;
    return { seed, nodes, forMs, rows, storms, floods, counts, rssBytes, loopDelayMs, faults };
  }

  #enter(index: number, transport: string | null): Promise<Member> {
    const { seed, transports } = this.#options;
    return Member.enter({
      name: `${transport ?? SWITCHING} ${index}`,
      row: transport ?? SWITCHING,
      transport: transport ?? AUTO,
      transports,
      room: ROOM,
      seed,
      index,
      target: { host: this.#server.url.hostname, port: Number(this.#server.url.port) },
      ledger: this.#ledger,
      count: (what) => this.#count(what),
    });
  }

  async #speak(member: Member, index: number, signal: AbortSignal): Promise<void> {
    const random = derived(this.#options.seed, "pace", index);
    while (!signal.aborted) {
      await pause(2 * SPEAK_EVERY_MS * random());
      member.speak();
    }
  }

  async #carryOut(plan: ReturnType<typeof planFor>, forMs: number): Promise<void> {
    const begun = performance.now();
    for (const { at, action } of plan) {
      await pause(Math.max(0, begun + at - performance.now()));
      const reason = this.#whySkipped(action);
      this.#count(reason ?? nameOf(action));
      if (reason !== null) continue;
      const task = this.#do(action).catch((error: unknown) => {
        this.#faults.push(`${nameOf(action)} failed: ${error instanceof Error ? error.message : String(error)}`);
      });
      this.#inProgress.push(task);
    }
    await pause(Math.max(0, begun + forMs - performance.now()));
  }

  #whySkipped(action: Action): string | null {
    const isRestart = action.kind === "kill" || action.kind === "drain";
    // Readers of a storm need time to come back. Another restart would only measure the machine's speed.
    if (this.#storming && isRestart && !(action.kind === "kill" && action.inStorm === true)) {
      return "server: restart skipped during a storm";
    }
    const isBusy = this.#cluster?.isBusy === true && (isRestart || action.kind === "nodes");
    return isBusy ? "nodes: fault skipped, others are not over" : null;
  }

  async #do(action: Action): Promise<void> {
    const { seed, transports } = this.#options;
    const server = this.#server.url;
    switch (action.kind) {
      case "kill":
        return this.#server.kill();
      case "drain":
        return this.#server.drain();
      case "block":
      case "jump":
        return this.#server.order(action);
      case "nodes":
        return this.#cluster?.perform(action);
      case "storm": {
        const room = `storm-${this.#storms.length}`;
        this.#storming = true;
        try {
          const options = { server: server.href, room, readers: action.readers, transports, seed };
          this.#storms.push(await stormInProcess(options));
        } finally {
          this.#storming = false;
        }
        return;
      }
      case "flood": {
        const room = `flood-${this.#floods.length}`;
        this.#floods.push(await flood({ server, room, messages: action.messages, transports }));
        return;
      }
      case "weather":
      case "cut":
      case "stall":
      case "refuse":
      case "switch":
      case "handshake":
      case "reload":
      case "vanish":
        return this.#members[action.index]?.perform(action, this.#ended.signal);
    }
  }

  /** Ends all weather and waits until every member has caught up. Resolves to the seq of the log's end. */
  async #calmDown(): Promise<number> {
    this.#say("calm weather from now on");
    for (const member of this.#members) member.calm();
    await Promise.all(this.#inProgress);
    // Members that were away have come back meanwhile, and may have got new weather.
    for (const member of this.#members) member.calm();
    await this.#server.running();
    await Promise.all(this.#members.map((member) => member.settle(CATCH_UP_MS).catch(() => this.#late(member))));
    const api = new Api(this.#server.url);
    const { session } = await retryUntilSuccess(() => api.openSession(ROOM, LAST));
    const last = await retryUntilSuccess(async () => {
      const reply = await api.execute(session, say("the end"));
      if (reply?.type !== "ok" || reply.seq === undefined) throw new Error("The last message was not acknowledged.");
      return reply.seq;
    });
    const end = Math.max(last, ...[...this.#ledger.said.values()].map(({ seq }) => seq ?? 0));
    const caughtUp = (): boolean => this.#members.every(({ at }) => at >= end);
    await until("all members to catch up", caughtUp, CATCH_UP_MS).catch(() => {
      for (const member of this.#members) if (member.at < end) this.#late(member);
    });
    const expected = this.#members.map(({ name }) => name).toSorted();
    let present: string[] = [];
    const onlyMembers = async (): Promise<boolean> => {
      const { members } = await retryUntilSuccess(() => api.members(session));
      present = members.map(({ name }) => name).filter((name) => name !== LAST);
      return present.toSorted().join() === expected.join();
    };
    await until("exactly the members to be present", onlyMembers, GHOST_MS).catch(() => {
      this.#faults.push(`Present after ${GHOST_MS / 1_000} s of calm: ${present.join(", ")}.`);
    });
    return end;
  }

  #late(member: Member): void {
    this.#faults.push(`${member.name} did not catch up in ${CATCH_UP_MS / 1_000} s: ${member.state}`);
  }

  async #watch(): Promise<void> {
    const { signal } = this.#ended;
    let reportedAt = performance.now();
    while (!signal.aborted) {
      await pause(COUNT_EVERY_MS, undefined, { signal }).catch(() => undefined);
      this.#server.order({ kind: "count" });
      if (performance.now() - reportedAt < PROGRESS_EVERY_MS) continue;
      reportedAt = performance.now();
      const live = this.#members.filter((member) => member.live).length;
      const pending = this.#members.reduce((sum, member) => sum + member.pending, 0);
      this.#say(`${live} of ${this.#members.length} live, ${this.#ledger.said.size} said, ${pending} pending`);
    }
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  #say(line: string): void {
    this.#options.progress(`${((performance.now() - this.#begun) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
  }
}

function nameOf(action: Action): string {
  switch (action.kind) {
    case "kill":
    case "drain":
      return `server: ${action.kind}`;
    case "block":
      return "server: event loop blocked";
    case "jump":
      return `server: clock jumped ${action.byMs < 0 ? "back" : "ahead"}`;
    case "nodes":
      return `nodes: ${action.fault}`;
    case "weather":
      return `weather: ${action.name}`;
    case "cut":
      return `action: cut by ${action.how}`;
    case "handshake":
      return "action: handshake fault";
    case "stall":
    case "refuse":
    case "switch":
    case "reload":
    case "vanish":
    case "storm":
    case "flood":
      return `action: ${action.kind}`;
  }
}
