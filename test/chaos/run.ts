import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { derived } from "../../lab/engine/proxy/random.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { Folder } from "../support/folder.ts";
import { say } from "../support/ids.ts";
import { until } from "../support/wait.ts";
import type { Deed } from "./deeds.ts";
import { type FloodVerdict, flood } from "./flood.ts";
import { insist } from "./insist.ts";
import { judge } from "./judge.ts";
import { Keeper } from "./keeper.ts";
import { Ledger } from "./ledger.ts";
import { AUTO, Member } from "./member.ts";
import { planFor } from "./plan.ts";
import type { StormVerdict } from "./storm.ts";
import { stormElsewhere } from "./storm-elsewhere.ts";
import type { Verdict } from "./verdict.ts";

export interface ChaosOptions {
  readonly seed: number;
  /** How long deeds are done, ms. The catching up comes after it. */
  readonly forMs: number;
  /** Those members keep to; those that switch do so between them. */
  readonly transports: readonly string[];
  readonly stormReaders: number;
  /** Told how it goes, one line at a time. */
  progress(line: string): void;
}

export const ALL_TRANSPORTS: readonly string[] = clientTransports.map(({ name }) => name);

const SWITCHING = "switching";
const ROOM = "chaos";
/** Who says the last word. It lingers out by itself. */
const LAST = "last";
/** Members of each transport, and of those that switch. */
const OF_EACH = 2;
const OF_SWITCHING = 4;
/** Each member speaks this often on average, ms. */
const SPEAK_EVERY_MS = 300;
const PROGRESS_EVERY_MS = 5_000;
const COUNT_EVERY_MS = 500;
const CATCH_UP_MS = 120_000;
/** Longer than the server takes anyone for present who is not. */
const GHOST_MS = 120_000;

/** One run: a server, members on every transport, deeds by plan; then calm, and the ledger is judged. */
export async function runChaos(options: ChaosOptions): Promise<Verdict> {
  using folder = new Folder();
  const run = new Run(options, await Keeper.start(folder.at("chaos.db")));
  try {
    return await run.whole();
  } finally {
    await run.end();
  }
}

class Run {
  readonly #options: ChaosOptions;
  readonly #keeper: Keeper;
  readonly #ledger = new Ledger();
  readonly #counts = new Map<string, number>();
  readonly #members: Member[] = [];
  readonly #faults: string[] = [];
  readonly #begun = performance.now();
  readonly #delay = monitorEventLoopDelay();
  readonly #over = new AbortController();
  readonly #underWay: Promise<void>[] = [];
  readonly #storms: StormVerdict[] = [];
  readonly #floods: FloodVerdict[] = [];
  #storming = false;

  constructor(options: ChaosOptions, keeper: Keeper) {
    this.#options = options;
    this.#keeper = keeper;
    this.#delay.enable();
  }

  async whole(): Promise<Verdict> {
    const { forMs, seed, transports } = this.#options;
    const kept = [...transports.flatMap((name) => Array.from({ length: OF_EACH }, () => name))];
    const cast = [...kept, ...Array.from({ length: OF_SWITCHING }, () => null)];
    for (const [place, transport] of cast.entries()) this.#members.push(await this.#enter(place, transport));
    const signal = AbortSignal.timeout(forMs);
    const watching = this.#watch();
    const speaking = this.#members.map((member, place) => this.#speak(member, place, signal));
    await this.#carryOut(planFor({ ...this.#options, members: cast }), forMs);
    await Promise.all(speaking);
    const end = await this.#calmDown();
    this.#over.abort();
    await watching;
    for (const member of this.#members) {
      if (member.closedBecause !== null) this.#faults.push(`${member.name} was closed: ${member.closedBecause}`);
    }
    this.#faults.push(...this.#keeper.crashes);
    const rows = judge(this.#ledger, [...transports, SWITCHING], end);
    const { rssBytes } = this.#keeper;
    const [storms, floods, counts, faults] = [this.#storms, this.#floods, this.#counts, this.#faults];
    const loopDelayMs = this.#delay.max / 1e6;
    return { seed, forMs, rows, storms, floods, counts, rssBytes, loopDelayMs, faults };
  }

  async end(): Promise<void> {
    this.#over.abort();
    this.#delay.disable();
    await Promise.allSettled(this.#members.map((member) => member.end()));
    await this.#keeper.end();
  }

  #enter(place: number, transport: string | null): Promise<Member> {
    const { seed, transports } = this.#options;
    return Member.enter({
      name: `${transport ?? SWITCHING} ${place}`,
      row: transport ?? SWITCHING,
      transport: transport ?? AUTO,
      transports,
      room: ROOM,
      seed,
      place,
      target: { host: this.#keeper.url.hostname, port: this.#keeper.port },
      ledger: this.#ledger,
      count: (what) => this.#count(what),
    });
  }

  async #speak(member: Member, place: number, signal: AbortSignal): Promise<void> {
    const random = derived(this.#options.seed, "pace", place);
    while (!signal.aborted) {
      await pause(2 * SPEAK_EVERY_MS * random());
      member.speak();
    }
  }

  async #carryOut(plan: ReturnType<typeof planFor>, forMs: number): Promise<void> {
    const begun = performance.now();
    for (const { at, deed } of plan) {
      await pause(Math.max(0, begun + at - performance.now()));
      // A crowd needs time to come back: else its end would only tell how fast the machine is.
      const leftOut = this.#storming && (deed.kind === "drain" || (deed.kind === "kill" && deed.inStorm !== true));
      this.#count(leftOut ? "server: restart left out in a storm" : nameOf(deed));
      if (leftOut) continue;
      const done = this.#do(deed).catch((error: unknown) => {
        this.#faults.push(`${nameOf(deed)} failed: ${error instanceof Error ? error.message : String(error)}`);
      });
      this.#underWay.push(done);
    }
    await pause(Math.max(0, begun + forMs - performance.now()));
  }

  async #do(deed: Deed): Promise<void> {
    const { seed, transports } = this.#options;
    const server = this.#keeper.url;
    switch (deed.kind) {
      case "kill":
        return this.#keeper.kill();
      case "drain":
        return this.#keeper.drain();
      case "block":
      case "jump":
        return this.#keeper.order(deed);
      case "storm": {
        const room = `storm-${this.#storms.length}`;
        this.#storming = true;
        this.#storms.push(await stormElsewhere({ server, room, readers: deed.readers, transports, seed }));
        this.#storming = false;
        return;
      }
      case "flood": {
        const room = `flood-${this.#floods.length}`;
        this.#floods.push(await flood({ server, room, messages: deed.messages, transports }));
        return;
      }
      case "weather":
      case "cut":
      case "stall":
      case "refuse":
      case "switch":
      case "trip":
      case "reload":
      case "vanish":
        return this.#members[deed.place]?.meet(deed, this.#over.signal);
    }
  }

  /** Ends all weather, waits until everyone has caught up, and resolves to the number that is the end of the log. */
  async #calmDown(): Promise<number> {
    this.#say("the weather calms");
    for (const member of this.#members) member.calm();
    await Promise.all(this.#underWay);
    // Those that were away have come back meanwhile, and may have met weather of their own.
    for (const member of this.#members) member.calm();
    await this.#keeper.running();
    await Promise.all(this.#members.map((member) => member.settle(CATCH_UP_MS).catch(() => this.#late(member))));
    const api = new Api(this.#keeper.url);
    const { session } = await insist(() => api.openSession(ROOM, LAST));
    const last = await insist(async () => {
      const reply = await api.execute(session, say("the end"));
      if (reply?.type !== "ok" || reply.seq === undefined) throw new Error("The last message was not acknowledged.");
      return reply.seq;
    });
    const end = Math.max(last, ...[...this.#ledger.said.values()].map(({ seq }) => seq ?? 0));
    const caughtUp = (): boolean => this.#members.every(({ at }) => at >= end);
    await until("all to have caught up", caughtUp, CATCH_UP_MS).catch(() => {
      for (const member of this.#members) if (member.at < end) this.#late(member);
    });
    const expected = this.#members.map(({ name }) => name).toSorted();
    let present: string[] = [];
    const allAndNoOthers = async (): Promise<boolean> => {
      const { members } = await insist(() => api.members(session));
      present = members.map(({ name }) => name).filter((name) => name !== LAST);
      return present.toSorted().join() === expected.join();
    };
    await until("the members to be present, and nobody else", allAndNoOthers, GHOST_MS).catch(() => {
      this.#faults.push(`After ${GHOST_MS / 1_000} s of calm there are present: ${present.join(", ")}.`);
    });
    return end;
  }

  #late(member: Member): void {
    this.#faults.push(`${member.name} did not catch up in ${CATCH_UP_MS / 1_000} s: ${member.state}`);
  }

  async #watch(): Promise<void> {
    const { signal } = this.#over;
    let toldAt = performance.now();
    while (!signal.aborted) {
      await pause(COUNT_EVERY_MS, undefined, { signal }).catch(() => undefined);
      this.#keeper.order({ kind: "count" });
      if (performance.now() - toldAt < PROGRESS_EVERY_MS) continue;
      toldAt = performance.now();
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

function nameOf(deed: Deed): string {
  switch (deed.kind) {
    case "kill":
    case "drain":
      return `server: ${deed.kind}`;
    case "block":
      return "server: event loop blocked";
    case "jump":
      return `server: clock jumped ${deed.byMs < 0 ? "back" : "ahead"}`;
    case "weather":
      return `weather: ${deed.name}`;
    case "cut":
      return `deed: cut by ${deed.how}`;
    case "trip":
      return "deed: handshake disturbed";
    case "stall":
    case "refuse":
    case "switch":
    case "reload":
    case "vanish":
    case "storm":
    case "flood":
      return `deed: ${deed.kind}`;
  }
}
