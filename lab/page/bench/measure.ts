/** Measures one transport: sends at a fixed rate and times every message. */
import type { ChatClient, ConnectOptions, Platform } from "../../../src/client/index.ts";
import type { Clock } from "../../../src/clock.ts";
import { messagesOf, type Plan, textOf } from "./bench-plan.ts";
import { emptyReading, type Reading, watchDisturbance } from "./reading.ts";

/** What a measurement needs of the browser. */
export interface MeasureWorld {
  readonly connect: (options: ConnectOptions) => ChatClient;
  /** The server's address. */
  readonly server: URL;
  readonly platform: Platform;
  /** Whether the page is hidden now. */
  readonly isHidden: () => boolean;
  /** Returns an unused room name. */
  readonly newRoom: () => string;
}

/** A transport that is not live by then can't connect from here. */
const LIVE_MS = 10_000;
/** Messages sent before the measurement, and not counted: they open connections and get code compiled. */
const WARM_UP = 3;
/** How long messages in flight are awaited after the last one: two polls of the slowest transport. */
const DRAIN_MS = 5_000;

/**
 * Measures one transport: a member of a separate room sends at the plan's rate and times each message from when it was due
 * until it is back. `begun` gets the reading, which grows until the promise resolves. Never rejects. Aborting `signal`
 * ends it early.
 */
export async function measure(
  transport: string,
  plan: Plan,
  world: MeasureWorld,
  signal: AbortSignal,
  begun: (reading: Reading) => void = () => undefined,
): Promise<Reading> {
  const reading = emptyReading(transport, messagesOf(plan));
  begun(reading);
  const { platform } = world;
  let client: ChatClient | null = null;
  try {
    const room = world.newRoom();
    client = world.connect({ url: world.server, room, name: "bench", transport, platform, signal });
    await live(client, world.platform.clock, signal);
    for (let number = 1; number <= WARM_UP; number += 1) await client.send(textOf(-number, plan.bytes));
    await run(client, reading, plan, world, signal);
  } catch (error) {
    reading.failure = signal.aborted ? "Stopped before the first message." : failureOf(error);
  } finally {
    // Not awaited: a member that can't leave expires after its linger.
    client?.leave().catch(() => client?.close());
  }
  return reading;
}

async function run(
  client: ChatClient,
  reading: Reading,
  plan: Plan,
  world: MeasureWorld,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = world.platform;
  const dueAt: number[] = [];
  const all = deferred();
  const unwatch = client.watch(({ kind }) => {
    if (kind === "reconnecting") reading.cuts += 1;
  });
  const receive = (text: string): void => {
    const now = clock.monotonicNow();
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
  const stopWatching = watchDisturbance(clock, world.isHidden);
  try {
    const schedule = { rate: plan.rate, count: reading.planned, startAt: clock.monotonicNow() };
    await pace(schedule, clock, signal, (number, due) => {
      dueAt[number] = due;
      reading.sent += 1;
      reading.lateness.record((clock.monotonicNow() - due) * 1_000);
      const refused = (): void => {
        reading.refused += 1;
        if (reading.received + reading.refused === reading.planned) all.resolve();
      };
      client.send(textOf(number, plan.bytes)).catch(refused);
    });
    if (!signal.aborted) await atMost(DRAIN_MS, all.promise, clock, signal);
  } finally {
    reading.disturbance = stopWatching();
    unwatch();
  }
}

async function listen(client: ChatClient, receive: (text: string) => void): Promise<void> {
  for await (const { event } of client) {
    if (event.type === "message" && event.from.id === client.member?.id) receive(event.text);
  }
}

/** Resolves when the client is live. Rejects if it can't be, or not in time. */
async function live(client: ChatClient, clock: Clock, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = deferred();
  const unwatch = client.watch(({ kind }) => {
    if (kind === "live" || kind === "closed") resolve();
  });
  try {
    await atMost(LIVE_MS, Promise.race([promise, client.opened.then(() => promise)]), clock, signal);
  } finally {
    unwatch();
  }
  if (client.state.kind !== "live") throw new Error(`It could not connect within ${LIVE_MS / 1_000} s.`);
}

/** Resolves with the promise, after `ms`, or when the signal is aborted, whichever comes first. */
async function atMost(ms: number, promise: Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> {
  const over = deferred();
  const cancel = clock.after(ms, over.resolve);
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

/** `Promise.withResolvers` is newer than some supported browsers. */
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

interface Schedule {
  /** Messages per second. */
  readonly rate: number;
  readonly count: number;
  /** When the first is due. */
  readonly startAt: number;
}

/**
 * Calls `fire` `count` times at a fixed rate, each with the time at which it was due: an open loop, in which a late answer
 * delays nothing. Overdue calls are made at once. Resolves after the last one, or when `signal` is aborted.
 */
export function pace(
  { rate, count, startAt }: Schedule,
  clock: Clock,
  signal: AbortSignal,
  fire: (number: number, dueAt: number) => void,
): Promise<void> {
  const { promise, resolve } = deferred();
  const dueAt = (number: number): number => startAt + (number * 1_000) / rate;
  let next = 0;
  let cancel = (): void => undefined;
  const step = (): void => {
    while (next < count && clock.monotonicNow() >= dueAt(next)) {
      fire(next, dueAt(next));
      next += 1;
    }
    if (next < count) cancel = clock.after(Math.max(0, dueAt(next) - clock.monotonicNow()), step);
    else resolve();
  };
  const stop = (): void => {
    cancel();
    resolve();
  };
  if (signal.aborted) return Promise.resolve();
  signal.addEventListener("abort", stop, { once: true });
  step();
  return promise.finally(() => signal.removeEventListener("abort", stop));
}
