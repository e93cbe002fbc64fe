import { setTimeout as sleep } from "node:timers/promises";
import { type ChatClient, connect } from "../../../src/client/index.ts";
import type { Random } from "../../statistics/random.ts";
import type { Switched } from "./gap.ts";

const SOONEST_MS = 1_000;
const LATEST_MS = 2_000;
const LIVE_MS = 60_000;
const STAMP = /^#(\d{10})/;

/** One of Skyrocket's own clients that reads a room and goes from transport to transport, round and round. */
export class SwitchingReader {
  readonly switched: Switched[] = [];
  readonly failures: string[] = [];
  /** When messages came, in ms. */
  readonly arrivals: number[] = [];
  readonly #client: ChatClient;
  readonly #transports: readonly string[];
  #at: number;

  constructor(url: string, room: string, number: number, transports: readonly string[]) {
    this.#transports = transports;
    this.#at = number % transports.length;
    this.#client = connect({ url, room, name: `reader-${number}`, transport: this.#transport });
  }

  /** Resolves when it is live, as `liveness` does. */
  live(): Promise<void> {
    return liveness(this.#client);
  }

  /** Calls back with the number of each message until the client is closed. */
  async read(arrived: (number: number) => void): Promise<void> {
    for await (const { event } of this.#client) {
      if (event.type !== "message") continue;
      const number = STAMP.exec(event.text)?.[1];
      if (number === undefined) continue;
      this.arrivals.push(performance.now());
      arrived(Number(number));
    }
  }

  /** Switches to the next transport every 1 to 2 s until `signal` aborts. */
  async roam(random: Random, signal: AbortSignal): Promise<void> {
    for (;;) {
      const ms = SOONEST_MS + random() * (LATEST_MS - SOONEST_MS);
      await sleep(ms, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await this.#switchOn();
    }
  }

  close(): void {
    this.#client.close();
  }

  get #transport(): string {
    const name = this.#transports[this.#at];
    if (name === undefined) throw new RangeError("there is no transport to read by");
    return name;
  }

  async #switchOn(): Promise<void> {
    const from = this.#transport;
    this.#at = (this.#at + 1) % this.#transports.length;
    const to = this.#transport;
    const startedAt = performance.now();
    try {
      await this.#client.switchTo(to);
      this.switched.push({ from, to, startedAt, liveAt: performance.now() });
    } catch (error) {
      this.failures.push(`${from} to ${to}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Resolves when a client is live for the first time. Rejects when it ends before, or is not live in `LIVE_MS`. */
export async function liveness(client: ChatClient): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = client.watch(({ kind }) => {
    if (kind === "live") resolve();
    if (kind === "closed") reject(new Error("a client was closed before it was live"));
  });
  // A client goes on trying for ever: a server that has no place for it would never be noticed.
  const late = setTimeout(() => {
    reject(new Error(`a client was still ${client.state.kind} after ${LIVE_MS / 1_000} s`));
  }, LIVE_MS);
  try {
    await promise;
  } finally {
    clearTimeout(late);
    stop();
  }
}
