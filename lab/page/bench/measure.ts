import type { ChatClient, ConnectOptions, Platform } from "../../../src/client/index.ts";
import { deferred, pace } from "./pacer.ts";
import { messagesOf, type Plan, textOf } from "./plan.ts";
import { emptyReading, type Reading } from "./reading.ts";
import { watch } from "./watch.ts";

/** What a measurement needs of its surroundings. */
export interface Tools {
  readonly connect: (options: ConnectOptions) => ChatClient;
  /** The server's address. */
  readonly server: URL;
  readonly platform: Platform;
  /** Whether the page is hidden now. */
  readonly isHidden: () => boolean;
  /** A room's name that nobody else has. */
  readonly newRoom: () => string;
}

/** A transport that is not live by then does not get through here. */
const LIVE_MS = 10_000;
/** Sent before the measurement begins, and not counted: connections are opened and code is compiled by then. */
const WARM_UP = 3;
/** After the last message so long is waited for what is still on its way: two polls of the slowest transport. */
const DRAIN_MS = 5_000;

/**
 * Measures one transport: a member of a room of its own sends at the plan's pace and times each of its messages from
 * the moment it was due to the moment it came back. `begun` is given the reading, which grows until the promise
 * resolves. Never rejects; aborting `signal` ends it early.
 */
export async function measure(
  transport: string,
  plan: Plan,
  tools: Tools,
  signal: AbortSignal,
  begun: (reading: Reading) => void = () => undefined,
): Promise<Reading> {
  const reading = emptyReading(transport, messagesOf(plan));
  begun(reading);
  const { platform } = tools;
  let client: ChatClient | null = null;
  try {
    const room = tools.newRoom();
    client = tools.connect({ url: tools.server, room, name: "bench", transport, platform, signal });
    await live(client, platform, signal);
    for (let number = 1; number <= WARM_UP; number += 1) await client.send(textOf(-number, plan.bytes));
    await run(client, reading, plan, tools, signal);
  } catch (error) {
    reading.failure = signal.aborted ? "It was stopped before it began." : failureOf(error);
  } finally {
    // Not awaited: a member that can't say goodbye is gone after its linger.
    client?.leave().catch(() => client?.close());
  }
  return reading;
}

async function run(client: ChatClient, reading: Reading, plan: Plan, tools: Tools, signal: AbortSignal): Promise<void> {
  const { platform } = tools;
  const dueAt: number[] = [];
  const all = deferred();
  const unwatch = client.watch(({ kind }) => {
    if (kind === "reconnecting") reading.cuts += 1;
  });
  const receive = (text: string): void => {
    const now = platform.clock.monotonicNow();
    const number = Number.parseInt(text, 10);
    const due = dueAt[number];
    if (due === undefined) return;
    if (reading.latencies[number] !== null) {
      reading.duplicated += 1;
      return;
    }
    reading.received += 1;
    reading.latencies[number] = now - due;
    reading.latency.record((now - due) * 1_000);
    if (reading.received + reading.refused === reading.planned) all.resolve();
  };
  void listen(client, receive).catch(() => all.resolve());
  const seen = watch(platform.clock, tools.isHidden);
  try {
    const schedule = { rate: plan.rate, count: reading.planned, startAt: platform.clock.monotonicNow() };
    await pace(schedule, platform.clock, signal, (number, due) => {
      dueAt[number] = due;
      reading.sent += 1;
      reading.lateness.record((platform.clock.monotonicNow() - due) * 1_000);
      const refused = (): void => {
        reading.refused += 1;
        if (reading.received + reading.refused === reading.planned) all.resolve();
      };
      client.send(textOf(number, plan.bytes)).catch(refused);
    });
    if (!signal.aborted) await atMost(DRAIN_MS, all.promise, platform, signal);
  } finally {
    reading.disturbance = seen();
    unwatch();
  }
}

async function listen(client: ChatClient, receive: (text: string) => void): Promise<void> {
  for await (const { event } of client) {
    if (event.type === "message" && event.from.id === client.member?.id) receive(event.text);
  }
}

/** Resolves when the client is live. Rejects when it never will be, or not in time. */
async function live(client: ChatClient, platform: Platform, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = deferred();
  const unwatch = client.watch(({ kind }) => {
    if (kind === "live" || kind === "closed") resolve();
  });
  try {
    await atMost(LIVE_MS, Promise.race([promise, client.opened.then(() => promise)]), platform, signal);
  } finally {
    unwatch();
  }
  if (client.state.kind !== "live") throw new Error(`It did not get through within ${LIVE_MS / 1_000} s.`);
}

/** Resolves with the promise, after `ms`, or when the signal is aborted, whichever comes first. */
async function atMost(ms: number, promise: Promise<void>, platform: Platform, signal: AbortSignal): Promise<void> {
  const over = deferred();
  const cancel = platform.clock.after(ms, over.resolve);
  const stop = (): void => over.resolve();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([promise, over.promise]);
  } finally {
    cancel();
    signal.removeEventListener("abort", stop);
  }
}

function failureOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
