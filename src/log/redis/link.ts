import { randomUUID } from "node:crypto";
import type { Core } from "../../chat/core.ts";
import type { Timer } from "../../chat/timers.ts";
import type { Durability } from "../sqlite/database.ts";
import { StoreError } from "../store-error.ts";
import type { Endpoint, RedisAddress } from "./address.ts";
import {
  CONNECT_MS,
  Connection,
  type Login,
  notConnected,
  type OnMessage,
  RedisError,
  redisError,
} from "./connection.ts";
import type { Script } from "./scripts.ts";
import { checkServer, explainFailure, isReplica, notPrimary, parseInfo, type ServerInfo } from "./server-check.ts";

/** Deadline of one Sentinel's answer, so that the next one is still asked in time. */
const SENTINEL_MS = 1_000;
const ECHO_MS = 1_000;
/** Without an echo for this long the connections count as dead. */
const DEAF_MS = 3_000;
const BACKOFF = { firstMs: 50, mostMs: 500 };

/** Errors of a server that is not, or not yet, the primary. */
const NOT_PRIMARY: readonly string[] = ["READONLY", "LOADING", "MASTERDOWN"];

/** Receives whether Redis can be used. */
export interface LinkListener {
  /** Connected: scripts are loaded, all channels are subscribed again, and an echo was heard. */
  up(): void;
  /** Commands are refused until the next `up`. Those that were pending have been rejected. */
  down(error: StoreError | RedisError): void;
}

/**
 * The connections to Redis: one for commands, one for subscriptions.
 *
 * Every second it publishes an echo to itself. One TCP connection keeps the order, so an echo that arrives proves that
 * everything published before it has arrived. When echoes stop, or a connection ends, both connections are replaced.
 */
export class RedisLink {
  readonly #address: RedisAddress;
  readonly #core: Core;
  readonly #listener: LinkListener;
  readonly #scripts: readonly Script[];
  readonly #durability: Durability;
  readonly #channels = new Map<string, Subscription>();
  /** The connections in use or being made; null between two attempts. */
  #pair: ConnectionPair | null = null;
  #start: Start | null = null;
  #retry: Timer | null = null;
  /** Attempts that failed since the last `up`. */
  #failures = 0;
  #ups = 0;
  #closed = false;
  /** When the newest echo that was heard was sent. */
  #echoSentAt = Number.NEGATIVE_INFINITY;
  #hearingSince = 0;
  #memory = { usedBytes: 0, maxBytes: 0 };
  readonly #notes = new Set<string>();
  /** Why the last attempt failed, if it was noted; a failure that persists is noted once. */
  #notedFailure = "";

  constructor(
    address: RedisAddress,
    core: Core,
    listener: LinkListener,
    scripts: readonly Script[],
    durability: Durability = "process",
  ) {
    this.#address = address;
    this.#core = core;
    this.#listener = listener;
    this.#scripts = scripts;
    this.#durability = durability;
  }

  /**
   * Resolves after the first `up`. Rejects with StoreError, and is then closed, if Redis can't be reached within 5 s or
   * can't be used as it is configured. Call it once.
   */
  connect(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const deadline = this.#core.timers.after(CONNECT_MS, () =>
      this.#failStart(this.#start?.lastFailure ?? explainFailure(this.#address, noAnswer(CONNECT_MS))),
    );
    this.#start = { resolve, reject, deadline, lastFailure: null };
    this.#attempt();
    return promise;
  }

  /** True from `up` until `down`: commands are sent. */
  get connected(): boolean {
    return this.#pair?.up === true;
  }

  /** True while connected, if an echo was heard that was sent within the last 3 s. */
  get hearing(): boolean {
    return this.connected && this.echoAgeMs <= DEAF_MS;
  }

  /** Ms since the last `up`, or since echoes were last missing; 0 while not hearing. */
  get hearingForMs(): number {
    return this.hearing ? this.#core.clock.monotonicNow() - this.#hearingSince : 0;
  }

  /** Ms since the newest echo that was heard was sent; Infinity before the first. */
  get echoAgeMs(): number {
    return this.#core.clock.monotonicNow() - this.#echoSentAt;
  }

  get reconnects(): number {
    return Math.max(0, this.#ups - 1);
  }

  /** Memory of the server at the last echo; `maxBytes` is 0 without a limit. */
  get memory(): { readonly usedBytes: number; readonly maxBytes: number } {
    return this.#memory;
  }

  /** Calls a script. Rejects with RedisError. */
  async run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const begun = this.#core.clock.monotonicNow();
    const reply = await this.#call(script, ["EVALSHA", script.sha, String(keys.length), ...keys, ...args]);
    this.#core.meter.scripted(this.#core.clock.monotonicNow() - begun);
    return reply;
  }

  /** Sends a command. Rejects with RedisError. */
  command(...args: readonly string[]): Promise<unknown> {
    return this.#send(args);
  }

  /** Publishes a message that may be lost: failures are ignored. */
  publish(channel: string, message: string): void {
    this.#send(["SPUBLISH", channel, message]).catch(ignore);
  }

  /**
   * Resolves when the channel is subscribed. From then on it is subscribed again before every `up`. A second listener of
   * a channel replaces the first. Rejects with RedisError; the channel is then not subscribed.
   */
  async subscribe(channel: string, listener: (message: string) => void): Promise<void> {
    const pair = this.#pair;
    if (pair?.up !== true) throw notConnected();
    const subscription = { listener };
    this.#channels.set(channel, subscription);
    const isWanted = (): boolean => this.#channels.get(channel) === subscription;
    try {
      await pair.leaving.get(channel);
      if (isWanted()) await pair.subscriber?.subscribe([channel], pair.onMessage);
    } catch (error) {
      if (isWanted()) this.#channels.delete(channel);
      throw error;
    }
  }

  /** Ends a subscription. Its listener is not called again. */
  unsubscribe(channel: string): void {
    if (!this.#channels.delete(channel)) return;
    const { leaving, subscriber, onMessage } = this.#pair ?? {};
    if (leaving === undefined || subscriber === undefined || subscriber === null) return;
    // The client library loses a subscription that is made again before this is answered, so `subscribe` waits for it.
    const left: Promise<void> = subscriber
      .unsubscribe(channel, onMessage ?? ignore)
      .catch(ignore)
      .finally(() => {
        if (leaving.get(channel) === left) leaving.delete(channel);
      });
    leaving.set(channel, left);
  }

  /** Ends connections and timers. What is pending rejects; the listener is not called again. */
  async close(): Promise<void> {
    this.#end();
    this.#start?.reject(
      new StoreError("unreachable", `The connection to ${this.#address} was closed while it was made.`),
    );
    this.#start = null;
  }

  #end(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#start?.deadline.cancel();
    this.#pair?.end();
    this.#pair = null;
    this.#channels.clear();
  }

  /** Redis forgets its scripts when it restarts or fails over. */
  async #call(script: Script, call: readonly string[]): Promise<unknown> {
    try {
      return await this.#send(call);
    } catch (error) {
      if (!(error instanceof RedisError && error.code === "NOSCRIPT")) throw error;
    }
    await this.#send(["SCRIPT", "LOAD", script.source]);
    return this.#send(call);
  }

  async #send(args: readonly string[]): Promise<unknown> {
    const pair = this.#pair;
    if (pair?.up !== true || pair.commands === null) throw notConnected();
    try {
      return await pair.commands.send(args);
    } catch (error) {
      if (error instanceof RedisError && NOT_PRIMARY.includes(error.code)) this.#drop(pair, error);
      throw error;
    }
  }

  #attempt(): void {
    const pair = new ConnectionPair(`${this.#address.prefix}:echo:${randomUUID()}`, (message, channel) =>
      this.#onMessage(pair, message, channel),
    );
    this.#pair = pair;
    pair.deadline = this.#core.timers.after(CONNECT_MS, () => this.#drop(pair, noAnswer(CONNECT_MS)));
    this.#establish(pair).catch((error: unknown) => this.#drop(pair, error));
  }

  /** Rejects if the pair can't be used, or was ended meanwhile. The first echo makes it `up`. */
  async #establish(pair: ConnectionPair): Promise<void> {
    const { endpoints, sentinelName } = this.#address;
    const endpoint = sentinelName === null ? endpoints[0] : await this.#findPrimary(pair, sentinelName);
    if (endpoint === undefined) throw new RangeError("The address of Redis has no host.");
    const onLost = (error: unknown): void => this.#drop(pair, error);
    const commands = pair.open(endpoint, this.#address, onLost);
    pair.commands = commands;
    await commands.connect();
    const { info, notes } = await checkServer((args) => commands.send(args), this.#address, this.#durability);
    for (const note of notes) this.#noteOnce(note);
    this.#readMemory(info);
    await Promise.all(this.#scripts.map(({ source }) => commands.send(["SCRIPT", "LOAD", source])));
    const subscriber = pair.open(endpoint, this.#address, onLost);
    pair.subscriber = subscriber;
    await subscriber.connect();
    await subscriber.subscribe([pair.echoChannel, ...this.#channels.keys()], pair.onMessage);
    if (!pair.ended) await this.#sendEcho(pair);
  }

  /** Resolves to the primary that a Sentinel names. Each attempt begins with the next Sentinel: one may be outdated. */
  async #findPrimary(pair: ConnectionPair, name: string): Promise<Endpoint> {
    const { endpoints } = this.#address;
    let failure: unknown = noAnswer(CONNECT_MS);
    for (const index of endpoints.keys()) {
      const sentinel = endpoints[(this.#failures + index) % endpoints.length];
      if (sentinel === undefined || pair.ended) break;
      try {
        return await this.#askSentinel(pair, sentinel, name);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #askSentinel(pair: ConnectionPair, sentinel: Endpoint, name: string): Promise<Endpoint> {
    const { tls, credentials } = this.#address;
    const ask = async (login: RedisAddress["credentials"]): Promise<unknown> => {
      const connection = pair.open(sentinel, { tls, credentials: login }, ignore);
      let isLate = false;
      const deadline = this.#core.timers.after(SENTINEL_MS, () => {
        isLate = true;
        connection.end();
      });
      try {
        await connection.connect();
        return await connection.send(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", name]);
      } catch (error) {
        throw isLate ? noAnswer(SENTINEL_MS) : error;
      } finally {
        deadline.cancel();
        connection.end();
      }
    };
    const reply = await ask(credentials).catch((error: unknown) => {
      // Many Sentinels have no users of their own.
      if (credentials !== null && error instanceof RedisError && error.code === "WRONGPASS") return ask(null);
      throw error;
    });
    const [host, port] = Array.isArray(reply) ? reply.map(String) : [];
    if (host !== undefined) return { host, port: Number(port) };
    throw new RedisError("refused", "ERR", `the Sentinel does not know ${name}`);
  }

  #readMemory(info: ServerInfo): void {
    this.#memory = { usedBytes: Number(info.get("used_memory") ?? 0), maxBytes: Number(info.get("maxmemory") ?? 0) };
  }

  async #sendEcho(pair: ConnectionPair): Promise<void> {
    const now = this.#core.clock.monotonicNow();
    pair.unheard.push(now);
    pair.unanswered.push(now);
    // The answer to an echo may still be unread when this process was blocked for some time.
    pair.echo = this.#core.timers.after(ECHO_MS, () => this.#core.defer(() => this.#tick(pair)));
    try {
      await pair.commands?.send(["SPUBLISH", pair.echoChannel, String(now)]);
    } finally {
      pair.unanswered = pair.unanswered.filter((at) => at !== now);
    }
  }

  #tick(pair: ConnectionPair): void {
    if (pair !== this.#pair) return;
    const { unheard, unanswered } = pair;
    const oldest = Math.min(...unheard.slice(0, 1), ...unanswered.slice(0, 1));
    if (this.#core.clock.monotonicNow() - oldest >= DEAF_MS) {
      this.#drop(pair, new RedisError("down", "DEAF", `no echo from Redis for ${DEAF_MS} ms`));
      return;
    }
    // A refused echo is a missing one.
    this.#sendEcho(pair).catch(ignore);
    this.#watch(pair).catch(ignore);
  }

  /** Reads memory and role: a primary that was demoted may keep the connections. */
  async #watch(pair: ConnectionPair): Promise<void> {
    const info = parseInfo(await pair.commands?.send(["INFO", "memory", "replication"]));
    if (pair !== this.#pair) return;
    if (isReplica(info)) this.#drop(pair, notPrimary());
    else this.#readMemory(info);
  }

  #onMessage(pair: ConnectionPair, message: string, channel: string): void {
    if (pair !== this.#pair) return;
    if (channel === pair.echoChannel) this.#onEcho(pair, Number(message));
    else this.#guard(() => this.#channels.get(channel)?.listener(message));
  }

  #onEcho(pair: ConnectionPair, sentAt: number): void {
    pair.unheard = pair.unheard.filter((at) => at > sentAt);
    const wasMissing = this.echoAgeMs > DEAF_MS;
    this.#echoSentAt = sentAt;
    if (!pair.up) this.#onUp(pair);
    else if (wasMissing) this.#hearingSince = this.#core.clock.monotonicNow();
  }

  #onUp(pair: ConnectionPair): void {
    pair.up = true;
    pair.deadline?.cancel();
    this.#failures = 0;
    this.#notedFailure = "";
    this.#ups += 1;
    if (this.#ups > 1) this.#core.meter.sharedStoreEvent("reconnect");
    this.#hearingSince = this.#core.clock.monotonicNow();
    const start = this.#start;
    this.#start = null;
    start?.deadline.cancel();
    this.#guard(() => this.#listener.up());
    start?.resolve();
  }

  /** Ends a pair that failed, if it is the one in use, and plans the next attempt. */
  #drop(pair: ConnectionPair, cause: unknown): void {
    if (pair !== this.#pair) return;
    this.#pair = null;
    pair.end();
    const error = cause instanceof StoreError ? cause : redisError(cause);
    if (pair.up) this.#guard(() => this.#listener.down(error));
    else this.#onFailedAttempt(error);
    if (this.#closed) return;
    const most = Math.min(BACKOFF.mostMs, BACKOFF.firstMs * 2 ** this.#failures);
    const delayMs = BACKOFF.firstMs + this.#core.random() * (most - BACKOFF.firstMs);
    this.#failures += 1;
    this.#retry = this.#core.timers.after(delayMs, () => this.#attempt());
  }

  #onFailedAttempt(error: StoreError | RedisError): void {
    const failure = explainFailure(this.#address, error);
    if (this.#start !== null) {
      if (failure.code === "foreign") this.#failStart(failure);
      else this.#start.lastFailure = failure;
    } else if (failure.message !== this.#notedFailure) {
      this.#notedFailure = failure.message;
      this.#core.note(failure.message);
    }
  }

  #failStart(failure: StoreError): void {
    const start = this.#start;
    this.#start = null;
    this.#end();
    start?.deadline.cancel();
    start?.reject(failure);
  }

  #noteOnce(message: string): void {
    if (this.#notes.has(message)) return;
    this.#notes.add(message);
    this.#core.note(message);
  }

  /** Runs code of the owner, whose errors must not end a connection. */
  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#core.report(error);
    }
  }
}

interface Subscription {
  readonly listener: (message: string) => void;
}

/** The first connection, while it is made. */
interface Start {
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
  readonly deadline: Timer;
  lastFailure: StoreError | null;
}

/** The connections of one attempt, with their timers. They end together. */
class ConnectionPair {
  /** A channel of its own: an echo of an earlier pair proves nothing about this one. */
  readonly echoChannel: string;
  readonly onMessage: OnMessage;
  commands: Connection | null = null;
  subscriber: Connection | null = null;
  up = false;
  ended = false;
  /** When the echoes were sent that have not arrived, oldest first. */
  unheard: number[] = [];
  /** When the echoes were sent that Redis has not replied to: replies can get lost alone. */
  unanswered: number[] = [];
  /** Channels being unsubscribed. */
  readonly leaving = new Map<string, Promise<void>>();
  deadline: Timer | null = null;
  echo: Timer | null = null;
  readonly #connections: Connection[] = [];

  constructor(echoChannel: string, onMessage: OnMessage) {
    this.echoChannel = echoChannel;
    this.onMessage = onMessage;
  }

  /** Throws if the pair has ended. */
  open(endpoint: Endpoint, login: Login, onLost: (error: unknown) => void): Connection {
    if (this.ended) throw notConnected();
    const connection = new Connection(endpoint, login, onLost);
    this.#connections.push(connection);
    return connection;
  }

  end(): void {
    this.ended = true;
    this.deadline?.cancel();
    this.echo?.cancel();
    for (const connection of this.#connections) connection.end();
  }
}

function noAnswer(ms: number): RedisError {
  return new RedisError("down", "DOWN", `no answer within ${ms} ms`);
}

function ignore(): void {}
