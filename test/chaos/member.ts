import { setTimeout as pause } from "node:timers/promises";
import type { FaultProxy } from "../../lab/engine/proxy/contract.ts";
import { startProxy } from "../../lab/engine/proxy/fault-proxy.ts";
import { derived } from "../../lab/engine/proxy/random.ts";
import { CALM } from "../../lab/engine/weather.ts";
import { type ChatClient, connect, type Resumption } from "../../src/client/index.ts";
import type { LiveSince } from "../../src/client/types.ts";
import { parseCursor } from "../../src/protocol/cursor.ts";
import { pick } from "../support/random.ts";
import { until } from "../support/wait.ts";
import type { HandshakeFate, HandshakeStep, MemberDeed } from "./deeds.ts";
import { hurriedPlatform } from "./hurried.ts";
import type { Ledger } from "./ledger.ts";
import { Tripwire } from "./tripwire.ts";

/** The choice of a member that switches. */
export const AUTO = "auto";

export interface MemberOptions {
  readonly name: string;
  readonly row: string;
  /** Kept for the whole run; AUTO: it switches. */
  readonly transport: string;
  readonly transports: readonly string[];
  readonly room: string;
  readonly seed: number;
  readonly place: number;
  readonly target: { readonly host: string; readonly port: number };
  readonly ledger: Ledger;
  /** Notes that something of this kind has happened. */
  count(what: string): void;
}

/** No more than this waits for an acknowledgement: in a bad hour there is no use in saying more. */
const MOST_PENDING = 30;

/** One member of the run: a client behind a proxy of its own, through reloads and disappearances. */
export class Member {
  readonly name: string;
  readonly row: string;
  readonly #options: MemberOptions;
  readonly #proxy: FaultProxy;
  readonly #tripwire: Tripwire;
  readonly #random: () => number;
  /** Said and not acknowledged, in order, with their texts. */
  readonly #pending = new Map<string, string>();
  #client: ChatClient | null = null;
  #resumption: Resumption | null = null;
  #reading: Promise<void> = Promise.resolve();
  #said = 0;
  #clients = 0;
  /** Why it ended though nobody closed it. */
  closedBecause: string | null = null;

  private constructor(options: MemberOptions, proxy: FaultProxy, tripwire: Tripwire) {
    this.name = options.name;
    this.row = options.row;
    this.#options = options;
    this.#proxy = proxy;
    this.#tripwire = tripwire;
    this.#random = derived(options.seed, "speech", options.place);
  }

  /** Resolves when it has entered the room. */
  static async enter(options: MemberOptions): Promise<Member> {
    const tripwire = new Tripwire((fault) => options.count(`network: ${fault}`));
    const { target, ledger, name, row } = options;
    const seed = seedFrom(options.seed, "proxy", options.place);
    const proxy = await startProxy({ target, seed, tap: tripwire });
    const member = new Member(options, proxy, tripwire);
    const client = member.#connect();
    const { cursor } = await client.opened;
    ledger.reads(name, row, parseCursor(cursor)?.seq ?? 0);
    member.#read(client);
    return member;
  }

  /** Where it stands in the log. */
  get at(): number {
    return this.#options.ledger.last(this.name);
  }

  get live(): boolean {
    return this.#client?.state.kind === "live";
  }

  get pending(): number {
    return this.#pending.size;
  }

  get state(): string {
    return `${JSON.stringify(this.#client?.state ?? "away")} at ${this.at}, ${this.pending} pending, ${this.#proxy.connections} connections`;
  }

  /** Says something of any length, and waits for nothing. */
  speak(): void {
    if (this.#client === null || this.#pending.size >= MOST_PENDING) return;
    const id = `${this.name}-${this.#said}`;
    this.#said += 1;
    const length = this.#random() < 0.05 ? 3_900 : Math.floor(80 * this.#random());
    const text = `${id} ${"é🚀x ".repeat(length / 4)}`;
    this.#options.ledger.says(this.name, id, text);
    this.#pending.set(id, text);
    this.#send(this.#client, id, text);
  }

  /** Has this done to it, or does it. */
  async meet(deed: MemberDeed, over: AbortSignal): Promise<void> {
    switch (deed.kind) {
      case "weather":
        this.#proxy.weather = deed.weather;
        return;
      case "cut":
        return this.#proxy.cut(deed.how);
      case "stall":
        return this.#proxy.stall(deed.forMs);
      case "refuse":
        return this.#proxy.restart(deed.forMs);
      case "switch":
        return this.#switchTo(deed.to);
      case "trip":
        return this.#trip(deed.to, deed.step, deed.fate);
      case "reload":
      case "vanish":
        return this.#goAway(deed.awayMs, deed.kind === "vanish", over);
    }
  }

  /** Resolves when it is live and all it said has been answered. */
  async settle(patienceMs: number): Promise<void> {
    await until(`${this.name} to be live and answered`, () => this.live && this.#pending.size === 0, patienceMs);
  }

  calm(): void {
    this.#proxy.weather = CALM;
  }

  async end(): Promise<void> {
    this.#client?.close();
    await this.#reading;
    await this.#proxy.close();
  }

  #switchTo(name: string): void {
    // It may well fail, or be overtaken by another: what counts is what is read.
    this.#client?.switchTo(name).catch(() => undefined);
  }

  /** Has a connection opened, and seals its fate at this step of its handshake. */
  #trip(to: string | null, step: HandshakeStep, fate: HandshakeFate): void {
    this.#tripwire.arm(step, () => {
      this.#options.count(`handshake: ${fate} at ${step}`);
      if (fate !== "turn") return this.#proxy.cut(fate);
      const { transports, transport } = this.#options;
      if (transport !== AUTO) return this.#proxy.cut("rst");
      this.#switchTo(pick(transports, this.#random));
    });
    if (to === null) this.#proxy.cut("rst");
    else this.#switchTo(to);
  }

  /** Goes away, in silence or not, and comes back with its session and its cursor. */
  async #goAway(awayMs: number, silently: boolean, over: AbortSignal): Promise<void> {
    const client = this.#client;
    if (client === null) return;
    if (silently) this.#proxy.cut("silence");
    this.#client = null;
    client.close();
    await this.#reading;
    // One that was closed before it had its session has nothing to go on with; the one before it had.
    this.#resumption = client.resumption ?? this.#resumption;
    await pause(awayMs, undefined, { signal: over }).catch(() => undefined);
    const back = this.#connect();
    this.#read(back);
    // What was not acknowledged is said again under the same ids, in the same order.
    for (const [id, text] of this.#pending) this.#send(back, id, text);
  }

  #connect(): ChatClient {
    const { room, name, transport, seed, place } = this.#options;
    this.#clients += 1;
    const client = connect({
      url: this.#proxy.url,
      room,
      name,
      transport,
      ...(this.#resumption === null ? {} : { resume: this.#resumption }),
      platform: hurriedPlatform(seedFrom(seed, `client ${this.#clients}`, place)),
    });
    this.#client = client;
    let since: LiveSince | null = null;
    client.watch((state) => {
      if (state.kind === "live" && state.since !== since) {
        this.#options.count(
          `client: ${state.since.kind}${state.since.kind === "switched" ? ` to ${state.transport}` : ""}`,
        );
      }
      since = state.kind === "live" ? state.since : null;
      if (state.kind === "closed" && state.because.kind !== "closed") {
        this.closedBecause = JSON.stringify(state.because);
      }
    });
    return client;
  }

  #read(client: ChatClient): void {
    const { ledger } = this.#options;
    this.#reading = (async () => {
      for await (const { event } of client) {
        if (event.type === "gap") ledger.gap(this.name);
        else if (event.type === "message") ledger.received(this.name, event.seq, event);
        else if (event.type === "joined" || event.type === "left") ledger.received(this.name, event.seq, null);
      }
    })();
  }

  #send(client: ChatClient, id: string, text: string): void {
    client.send(text, { id }).then(
      (seq) => {
        this.#pending.delete(id);
        this.#options.ledger.acknowledged(id, seq);
      },
      (error: unknown) => {
        // Whoever takes this client's place says it again.
        if (this.#client !== client) return;
        this.#pending.delete(id);
        this.#options.ledger.gaveUp(id);
        this.#options.count(`given up: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  }
}

function seedFrom(seed: number, kind: string, place: number): number {
  return Math.floor(derived(seed, kind, place)() * 2 ** 32);
}
