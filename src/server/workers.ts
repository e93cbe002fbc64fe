import cluster, { type Worker } from "node:cluster";
import type { Clock } from "../clock.ts";
import type { Logger } from "./log.ts";
import type { RunningServer } from "./server.ts";

const BACKOFF = { firstMs: 250, mostMs: 30_000 };
/** A worker that ran for this long is replaced with the shortest delay. */
const STEADY_MS = 60_000;
/** Variable with a worker's index. A replacement has the index of the worker that ended. */
const INDEX = "SKYROCKET_WORKER_INDEX";

/** What the command needs of a server, be it one process or several. */
export type Served = Pick<RunningServer, "url" | "networkUrls" | "drain" | "renewCertificate">;

/** What a worker is sent. Only the primary obeys signals: Ctrl+C and service managers signal all processes at once. */
export type WorkerOrder = "drain" | "reload";

/** What a worker sends when it listens. */
interface Listening {
  readonly url: string;
  readonly networkUrls: readonly string[];
}

/** The first worker ended before it listened. The message is empty if the worker has printed why. */
export class WorkerStartError extends Error {
  override readonly name = "WorkerStartError";
}

/** Returns this process' index among the workers; null if it is not one. */
export function workerIndex(): number | null {
  return cluster.isWorker ? Number(process.env[INDEX]) : null;
}

/** Sends a worker's addresses to the primary, which prints those of the first, and receives orders from then on. */
export function joinPrimary({ url, networkUrls }: Served, obey: (order: WorkerOrder) => void): void {
  const listening: Listening = { url: url.href, networkUrls: networkUrls.map(({ href }) => href) };
  process.send?.(listening);
  // Orders that came before wait for this.
  process.on("message", obey);
}

/**
 * Starts server processes that share one port. Each runs the same command as this process and shares only the store with
 * the others. The first has to listen before the others start, so that a problem is printed once.
 * Rejects with WorkerStartError.
 */
export function startWorkers(count: number, clock: Clock, log: Pick<Logger, "warn">): Promise<Served> {
  return new Workers(count, clock, log).start();
}

/** The workers, seen from the primary. One that ends is replaced, unless they drain. */
class Workers {
  readonly #count: number;
  /** Its timers keep the process alive. */
  readonly #clock: Clock;
  readonly #log: Pick<Logger, "warn">;
  readonly #started = Promise.withResolvers<Served>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #running = new Map<number, Worker>();
  /** Functions that cancel pending starts, by index. */
  readonly #waiting = new Map<number, () => void>();
  /** How often in a row a worker has ended soon after its start, by index. */
  readonly #failures = new Map<number, number>();
  #listening = false;
  #draining = false;
  /** How workers failed to drain. */
  readonly #failed: string[] = [];

  constructor(count: number, clock: Clock, log: Pick<Logger, "warn">) {
    this.#count = count;
    this.#clock = clock;
    this.#log = log;
  }

  start(): Promise<Served> {
    this.#fork(0);
    return this.#started.promise;
  }

  #fork(index: number): void {
    const worker = cluster.fork({ [INDEX]: String(index) });
    const begun = this.#clock.monotonicNow();
    this.#running.set(index, worker);
    worker.once("message", (listening: Listening) => this.#onListening(listening));
    const onEnd = (how: string | number): void => {
      if (this.#running.get(index) !== worker) return;
      this.#running.delete(index);
      this.#onEnd(index, how, this.#clock.monotonicNow() - begun);
    };
    worker.on("exit", (code, signal) => onEnd(signal ?? code));
    worker.on("error", ({ message }) => {
      // Without a process there is no exit. Other errors are those of messages to a worker that ends.
      if (worker.process.pid === undefined) onEnd(message);
    });
  }

  #onListening({ url, networkUrls }: Listening): void {
    if (this.#listening) return;
    this.#listening = true;
    for (let index = 1; index < this.#count; index += 1) this.#fork(index);
    this.#started.resolve({
      url: new URL(url),
      networkUrls: networkUrls.map((each) => new URL(each)),
      drain: () => this.#drain(),
      renewCertificate: () => this.#send("reload"),
    });
  }

  /** `how`: an exit code, a signal, or why there was no process. */
  #onEnd(index: number, how: string | number, ranMs: number): void {
    if (!this.#listening) {
      this.#started.reject(
        new WorkerStartError(typeof how === "number" ? "" : `A server process could not start (${how}).`),
      );
      return;
    }
    if (this.#draining) {
      if (how !== 0) this.#failed.push(`worker ${index}: ${how}`);
      this.#endIfEmpty();
      return;
    }
    const failures = ranMs < STEADY_MS ? (this.#failures.get(index) ?? 0) : 0;
    this.#failures.set(index, failures + 1);
    const delayMs = Math.min(BACKOFF.mostMs, BACKOFF.firstMs * 2 ** failures);
    this.#log.warn({ worker: index, ended: how, restartMs: delayMs }, "a worker ended and will be replaced");
    const cancel = this.#clock.after(delayMs, () => {
      this.#waiting.delete(index);
      this.#fork(index);
    });
    this.#waiting.set(index, cancel);
  }

  #drain(): Promise<void> {
    this.#draining = true;
    for (const cancel of this.#waiting.values()) cancel();
    this.#send("drain");
    this.#endIfEmpty();
    return this.#ended.promise;
  }

  #endIfEmpty(): void {
    if (this.#running.size > 0) return;
    if (this.#failed.length === 0) this.#ended.resolve();
    else this.#ended.reject(new Error(`Not all workers drained: ${this.#failed.join(", ")}.`));
  }

  #send(order: WorkerOrder): void {
    for (const worker of this.#running.values()) if (worker.isConnected()) worker.send(order);
  }
}
