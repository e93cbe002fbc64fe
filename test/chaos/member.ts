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
import type { HandshakeFault, HandshakeStep, MemberAction } from "./actions.ts";
import { HandshakeFaultInjector } from "./handshake-fault.ts";
import type { Ledger } from "./ledger.ts";
import { scaledPlatform } from "./settings.ts";

/** Transport of a member that switches. */
export const AUTO = "auto";

export interface MemberOptions {
  readonly name: string;
  /** The row of the verdict's table in which it counts. */
  readonly row: string;
  /** Kept for the whole run; `AUTO` for a member that switches. */
  readonly transport: string;
  readonly transports: readonly string[];
  readonly room: string;
  readonly seed: number;
  readonly index: number;
  readonly target: { readonly host: string; readonly port: number };
  readonly ledger: Ledger;
  /** Counts one occurrence of `what`. */
  count(what: string): void;
}

/** A member with this many unacknowledged messages sends no more. */
const MAX_PENDING = 30;

/** One member of a run: a fault proxy of its own, and a client behind it that each reload replaces. */
export class Member {
  readonly name: string;
  readonly row: string;
  readonly #options: MemberOptions;
  readonly #proxy: FaultProxy;
  readonly #handshakeFaults: HandshakeFaultInjector;
  readonly #random: () => number;
  /** Texts of unacknowledged messages by id, in the order of sending. */
  readonly #pending = new Map<string, string>();
  #client: ChatClient | null = null;
  #resumption: Resumption | null = null;
  #reading: Promise<void> = Promise.resolve();
  #said = 0;
  #clients = 0;
  /** Why its client closed by itself; null if it did not. */
  closedBecause: string | null = null;

  private constructor(options: MemberOptions, proxy: FaultProxy, handshakeFaults: HandshakeFaultInjector) {
    this.name = options.name;
    this.row = options.row;
    this.#options = options;
    this.#proxy = proxy;
    this.#handshakeFaults = handshakeFaults;
    this.#random = derived(options.seed, "speech", options.index);
  }

  /** Resolves when the member has joined the room. */
  static async enter(options: MemberOptions): Promise<Member> {
    const handshakeFaults = new HandshakeFaultInjector((fault) => options.count(`network: ${fault}`));
    const { target, ledger, name, row } = options;
    const seed = seedFrom(options.seed, "proxy", options.index);
    const proxy = await startProxy({ target, seed, tap: handshakeFaults });
    const member = new Member(options, proxy, handshakeFaults);
    const client = member.#connect();
    const { cursor } = await client.opened;
    ledger.addReader(name, row, parseCursor(cursor)?.seq ?? 0);
    member.#read(client);
    return member;
  }

  /** The seq of the last event it received. */
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

  /** Sends a text of random length without waiting for the reply. */
  speak(): void {
    if (this.#client === null || this.#pending.size >= MAX_PENDING) return;
    const id = `${this.name}-${this.#said}`;
    this.#said += 1;
    const length = this.#random() < 0.05 ? 3_900 : Math.floor(80 * this.#random());
    const text = `${id} ${"é🚀x ".repeat(length / 4)}`;
    this.#options.ledger.sends(this.name, id, text);
    this.#pending.set(id, text);
    this.#send(this.#client, id, text);
  }

  /** Carries out an action on this member. `ended` cuts its absence short. */
  async perform(action: MemberAction, ended: AbortSignal): Promise<void> {
    switch (action.kind) {
      case "weather":
        this.#proxy.weather = action.weather;
        return;
      case "cut":
        return this.#proxy.cut(action.how);
      case "stall":
        return this.#proxy.stall(action.forMs);
      case "refuse":
        return this.#proxy.restart(action.forMs);
      case "switch":
        return this.#switchTo(action.to);
      case "handshake":
        return this.#disturbHandshake(action.to, action.step, action.fault);
      case "reload":
      case "vanish":
        return this.#goAway(action.awayMs, action.kind === "vanish", ended);
    }
  }

  /** Resolves when the member is live and all its messages are acknowledged. */
  async settle(timeoutMs: number): Promise<void> {
    await until(`${this.name} to be live and answered`, () => this.live && this.#pending.size === 0, timeoutMs);
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
    // A switch may fail or be superseded by another. Only what is received counts.
    this.#client?.switchTo(name).catch(() => undefined);
  }

  /** Makes the client open a connection and injects the fault at this step of its handshake. */
  #disturbHandshake(to: string | null, step: HandshakeStep, fault: HandshakeFault): void {
    this.#handshakeFaults.arm(step, () => {
      this.#options.count(`handshake: ${fault} at ${step}`);
      if (fault !== "switch") return this.#proxy.cut(fault);
      const { transports, transport } = this.#options;
      if (transport !== AUTO) return this.#proxy.cut("rst");
      this.#switchTo(pick(transports, this.#random));
    });
    if (to === null) this.#proxy.cut("rst");
    else this.#switchTo(to);
  }

  /** Closes the client, silently or not, and resumes its session and cursor `awayMs` later. */
  async #goAway(awayMs: number, silently: boolean, ended: AbortSignal): Promise<void> {
    const client = this.#client;
    if (client === null) return;
    if (silently) this.#proxy.cut("silence");
    this.#client = null;
    client.close();
    await this.#reading;
    // A client closed before it had its session has no resumption; then its predecessor's is used again.
    this.#resumption = client.resumption ?? this.#resumption;
    await pause(awayMs, undefined, { signal: ended }).catch(() => undefined);
    const back = this.#connect();
    this.#read(back);
    // Unacknowledged messages are sent again, under the same ids and in the same order.
    for (const [id, text] of this.#pending) this.#send(back, id, text);
  }

  #connect(): ChatClient {
    const { room, name, transport, seed, index } = this.#options;
    this.#clients += 1;
    const client = connect({
      url: this.#proxy.url,
      room,
      name,
      transport,
      ...(this.#resumption === null ? {} : { resume: this.#resumption }),
      platform: scaledPlatform(seedFrom(seed, `client ${this.#clients}`, index)),
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
        if (event.type === "gap") {
          // A gap of 0 events is only the name of a new epoch.
          if (event.missed !== 0) ledger.gap(this.name);
        } else if (event.type === "message") ledger.received(this.name, event.seq, event);
        else if (event.type === "joined" || event.type === "left") {
          ledger.received(this.name, event.seq, null);
          ledger.presence(event.seq, event.member.id, event.type);
        }
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
        // The next client sends it again.
        if (this.#client !== client) return;
        this.#pending.delete(id);
        this.#options.ledger.gaveUp(id);
        this.#options.count(`given up: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  }
}

function seedFrom(seed: number, kind: string, index: number): number {
  return Math.floor(derived(seed, kind, index)() * 2 ** 32);
}
