/** A process of real clients that switch transports. It takes one order over IPC, answers it, and ends with the channel. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type ChatClient, connect } from "../../src/client/index.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Ledger } from "../generator/ledger.ts";
import { stampedText } from "../generator/stamp.ts";
import { type Random, seededRandom } from "../statistics/estimates.ts";
import {
  gapOf,
  isSwitchOrder,
  type SwitchAnswer,
  type Switched,
  type SwitchOrder,
  type SwitchReport,
} from "./switch.ts";
import { staysConnected } from "./window.ts";

function answer(message: SwitchAnswer): void {
  process.send?.(message);
}

process.on("message", (order) => {
  if (!isSwitchOrder(order)) return;
  runSwitching(order).then(
    (report) => answer({ type: "switched", report }),
    (error: unknown) => answer({ type: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
});
// The channel closes when the bench ends, however it ends.
process.on("disconnect", () => process.exit(0));

const ROOM = "switch";
const TIMEOUT_MS = 60_000;
const LOOK_MS = 50;

/** Lets real clients switch while messages arrive. Resolves to what they observed. Closes them all, however it ends. */
export async function runSwitching({ url, clients, seconds, perSecond, seed }: SwitchOrder): Promise<SwitchReport> {
  const transports = clientTransports.map(({ name }) => name);
  const readers = Array.from({ length: clients }, (_, at) => new SwitchingReader(url, ROOM, at, transports));
  const publisher = connect({ url, room: ROOM, name: "publisher" });
  const ledger = new Ledger(clients);
  const ended = new AbortController();
  try {
    const reading = Promise.all(readers.map((reader, at) => reader.read((number) => ledger.arrive(at, number))));
    await Promise.all([liveness(publisher), ...readers.map((reader) => reader.live())]);
    const endMeasuring = measureOwnLoad();
    const switching = Promise.all(
      readers.map((reader, at) => reader.keepSwitching(seededRandom(seed * clients + at), ended.signal)),
    );
    const messages = Math.max(1, Math.round(seconds * perSecond));
    await publish(publisher, ledger, messages, perSecond);
    ended.abort();
    await switching;
    await settled(ledger);
    const load = endMeasuring();
    close(readers, publisher);
    await reading;
    return { ...ledger.faults(), ...load, messages, deliveries: ledger.deliveries, ...changes(readers, perSecond) };
  } finally {
    ended.abort();
    close(readers, publisher);
  }
}

/** Sends numbered messages on a fixed schedule. Rejects if one is refused. */
async function publish(publisher: ChatClient, ledger: Ledger, messages: number, perSecond: number): Promise<void> {
  const start = performance.now();
  const sent: Promise<number>[] = [];
  for (let count = 0; count < messages; count += 1) {
    const wait = start + (count * 1_000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    sent.push(
      publisher.send(
        stampedText(
          ledger.nextNumber(() => {}),
          0,
        ),
      ),
    );
  }
  await Promise.all(sent);
}

/** Resolves when every reader has every message, or after the timeout. */
async function settled(ledger: Ledger): Promise<void> {
  const end = performance.now() + TIMEOUT_MS;
  while (ledger.faults().lost > 0 && performance.now() < end) await sleep(LOOK_MS);
}

/** Sums up the switches. Short pollers pause by design: only switches between other transports have a gap. */
function changes(readers: readonly SwitchingReader[], perSecond: number) {
  const gapsMs = readers.flatMap(({ switched, arrivals }) =>
    switched
      .filter(({ from, to }) => staysConnected({ leg: from }) && staysConnected({ leg: to }))
      .flatMap((change) => gapOf(arrivals, change, 1_000 / perSecond) ?? []),
  );
  return {
    switches: readers.reduce((sum, { switched }) => sum + switched.length, 0),
    failures: readers.flatMap(({ failures }) => failures),
    gapsMs: gapsMs.sort((a, b) => a - b),
  };
}

/** Starts to measure this process. The returned function ends that and returns how busy the process was. */
function measureOwnLoad(): () => Pick<SwitchReport, "cpu" | "delayMs"> {
  const before = process.cpuUsage();
  const start = performance.now();
  const delay = monitorEventLoopDelay({ resolution: 2 });
  delay.enable();
  return () => {
    delay.disable();
    const { user, system } = process.cpuUsage(before);
    return {
      cpu: (user + system) / 1_000 / (performance.now() - start),
      delayMs: delay.percentile(99) / 1_000_000,
    };
  };
}

function close(readers: readonly SwitchingReader[], publisher: ChatClient): void {
  for (const reader of readers) reader.close();
  publisher.close();
}

const SOONEST_MS = 1_000;
const LATEST_MS = 2_000;
const LIVE_MS = 60_000;
const STAMP = /^#(\d{10})/;

/** One of Skyrocket's own clients that reads a room and cycles through all transports. */
export class SwitchingReader {
  readonly switched: Switched[] = [];
  readonly failures: string[] = [];
  /** Arrival times of messages, in ms. */
  readonly arrivals: number[] = [];
  readonly #client: ChatClient;
  readonly #transports: readonly string[];
  #at: number;

  constructor(url: string, room: string, number: number, transports: readonly string[]) {
    this.#transports = transports;
    this.#at = number % transports.length;
    this.#client = connect({ url, room, name: `reader-${number}`, transport: this.#transport });
  }

  /** Resolves when the client is live; rejects like `liveness`. */
  live(): Promise<void> {
    return liveness(this.#client);
  }

  /** Calls `arrived` with the number of each message until the client is closed. */
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
  async keepSwitching(random: Random, signal: AbortSignal): Promise<void> {
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

/** Resolves when a client is live for the first time. Rejects if it is closed before, or not live within `LIVE_MS`. */
export async function liveness(client: ChatClient): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = client.watch((state) => {
    if (state.kind === "live") resolve();
    if (state.kind !== "closed") return;
    const why = "message" in state.because ? state.because.message : state.because.kind;
    reject(new Error(`a client was closed before it was live: ${why}`));
  });
  // A client retries without end, so a server that is full would go unnoticed.
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
