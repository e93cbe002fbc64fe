/** The programs of the load generator: what a row's readers and publisher do in one run, and what the run observed. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { Recorder } from "./ledger.ts";
import { disturb, disturbedCount, type Member, pollInTurn } from "./member.ts";
import type { Observation, Program } from "./messages.ts";
import type { ReaderPool } from "./reader-pool.ts";

/** How often the event loop's delay is sampled. Node adds this time to every delay it reports; it is subtracted again. */
const RESOLUTION_MS = 2;

type ProgramOf<Kind> = Extract<Program, { kind: Kind }>;

/** What only some programs observe. */
type Extras = Pick<Observation, "late" | "backMs" | "backlog">;

const NO_EXTRAS: Extras = { late: 0, backMs: {}, backlog: { middle: 0, end: 0 } };

/**
 * Runs one program. Resolves to what it observed, and how busy the generator itself was. `timeoutMs` bounds each wait
 * for a delivery.
 */
export async function runProgram(pool: ReaderPool, program: Program, timeoutMs: number): Promise<Observation> {
  const messages = messagesOf(program);
  const disturbed = program.kind === "schedule" ? disturbedCount(pool.members.length, program.disturbance) : 0;
  const recorder = new Recorder(pool.ledger.published + 1, messages, pool.members.length, disturbed);
  pool.recorder = recorder;
  const before = countersOf(pool);
  const faultsBefore = pool.ledger.faults();
  const cpuBefore = process.cpuUsage();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const start = performance.now();
  delay.enable();
  const extras = await perform(pool, recorder, program, timeoutMs).finally(() => delay.disable());
  const elapsedMs = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  const after = countersOf(pool);
  const faults = pool.ledger.faults();
  return {
    ...extras,
    messages,
    deliveries: after.deliveries - before.deliveries,
    lost: faults.lost - faultsBefore.lost,
    duplicated: faults.duplicated - faultsBefore.duplicated,
    reordered: faults.reordered - faultsBefore.reordered,
    bytesDown: after.bytesDown - before.bytesDown,
    bytesUp: after.bytesUp - before.bytesUp,
    reads: after.reads - before.reads,
    reopened: after.reopened - before.reopened,
    elapsedMs,
    latency: recorder.latency.encode(),
    lastLatency: recorder.lastLatency.encode(),
    disturbedLatency: recorder.disturbedLatency.encode(),
    generatorCpu: (cpu.user + cpu.system) / 1_000 / elapsedMs,
    generatorDelayMs: Math.max(0, delay.percentile(99) / 1_000_000 - RESOLUTION_MS),
  };
}

function messagesOf(program: Program): number {
  switch (program.kind) {
    case "lockstep":
      return program.turns * program.together;
    case "schedule":
    case "echo":
      return program.messages;
    case "storm":
    case "failover":
      return STORM_MESSAGES;
    case "wait":
      return 0;
  }
}

async function perform(pool: ReaderPool, recorder: Recorder, program: Program, timeoutMs: number): Promise<Extras> {
  switch (program.kind) {
    case "lockstep":
      return { ...NO_EXTRAS, late: await lockstep(pool, recorder, program, timeoutMs) };
    case "schedule":
      return { ...NO_EXTRAS, backlog: await schedule(pool, recorder, program, timeoutMs) };
    case "echo":
      await echo(pool, recorder, program, timeoutMs);
      return NO_EXTRAS;
    case "storm":
      return { ...NO_EXTRAS, backMs: await storm(pool, recorder, program) };
    case "failover":
      return { ...NO_EXTRAS, backMs: await failover(pool, recorder, program) };
    case "wait":
      await wait(pool, program);
      return NO_EXTRAS;
  }
}

function countersOf({ ledger, members }: ReaderPool) {
  const sums = { bytesDown: 0, bytesUp: 0, reads: 0, reopened: 0 };
  for (const { bytesRead, bytesWritten, reads, reopened } of members) {
    sums.bytesDown += bytesRead;
    sums.bytesUp += bytesWritten;
    sums.reads += reads;
    sums.reopened += reopened;
  }
  return { deliveries: ledger.deliveries, ...sums };
}

/**
 * Publishes on a fixed schedule, but never before every reader has the previous messages, or a timeout has passed. So no
 * server can put two turns into one write or one poll, and the result is the cost of one delivery, on a slow machine too.
 * Resolves to the number of turns that were due before the previous turn was delivered.
 */
async function lockstep(
  pool: ReaderPool,
  recorder: Recorder,
  { turns, together, perSecond, textBytes }: ProgramOf<"lockstep">,
  timeoutMs: number,
): Promise<number> {
  const deliveries = new DeliveryWait(pool, timeoutMs);
  const start = performance.now();
  let late = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const ahead = start + (turn * 1_000) / perSecond - performance.now();
    if (ahead > 0) await sleep(ahead);
    else if (turn > 0) late += 1;
    await deliveries.until(publishTogether(pool, recorder, { turn, together, textBytes }));
  }
  return late;
}

/** Publishes one turn's messages at one node. Resolves when all readers have the last of them. */
function publishTogether(
  pool: ReaderPool,
  recorder: Recorder,
  { turn, together, textBytes }: { readonly turn: number; readonly together: number; readonly textBytes: number },
): Promise<void> {
  return new Promise((resolve) => {
    const now = performance.now();
    for (let count = 1; count <= together; count += 1) {
      recorder.due(now);
      pool.publish(pool.ledger.nextNumber(count === together ? resolve : () => {}), textBytes, turn);
    }
    for (const { reader } of pool.members) reader?.poll?.(together);
  });
}

/** Timers fire up to a millisecond late. The last part of a wait is spent looking at the clock instead. */
const SPIN_MS = 1.5;
/** With messages closer together than this, looking at the clock would keep the CPU busy all the time. */
const SHORTEST_SPIN_INTERVAL_MS = 5;

/**
 * Publishes on a fixed schedule, whatever arrives. Messages that are overdue when a timer is late go out at once, with
 * their intended time: a stall of the server shows in every message that was due during it.
 * Resolves to the backlog at the middle and at the end of the schedule.
 */
async function schedule(
  pool: ReaderPool,
  recorder: Recorder,
  { messages, perSecond, textBytes, disturbance }: ProgramOf<"schedule">,
  timeoutMs: number,
): Promise<Observation["backlog"]> {
  const interval = 1_000 / perSecond;
  const polling = pollInTurn(pool.members);
  const disturbing = disturb(pool.members, disturbance);
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  const start = performance.now();
  let middle = 0;
  try {
    for (let sent = 0; sent < messages; sent += 1) {
      const due = start + sent * interval;
      await untilDue(due, interval);
      pool.failure.throwIfAborted();
      recorder.due(due);
      pool.publish(pool.ledger.nextNumber(sent === messages - 1 ? resolve : () => {}), textBytes);
      if (sent === messages >> 1) middle = recorder.backlog;
    }
    const end = recorder.backlog;
    await disturbing.over;
    await withTimeout(complete, timeoutMs, pool.failure);
    return { middle, end };
  } finally {
    polling.stop();
    disturbing.stop();
  }
}

async function untilDue(due: number, interval: number): Promise<void> {
  const spins = interval >= SHORTEST_SPIN_INTERVAL_MS;
  const wait = due - performance.now() - (spins ? SPIN_MS : 0);
  if (wait > 0) await sleep(wait);
  // Always give the event loop one turn between two messages, so that what arrived is read.
  else await nextTurn();
  while (spins && performance.now() < due) await nextTurn();
}

/**
 * Publishes messages one by one, and waits until each is back at every reader. The first reader publishes if its dialect
 * lets readers publish, otherwise the row's publisher does.
 */
async function echo(
  pool: ReaderPool,
  recorder: Recorder,
  { messages, textBytes }: ProgramOf<"echo">,
  timeoutMs: number,
): Promise<void> {
  const deliveries = new DeliveryWait(pool, timeoutMs);
  const polling = pollInTurn(pool.members);
  try {
    for (let sent = 0; sent < messages; sent += 1) {
      const { promise: back, resolve } = Promise.withResolvers<void>();
      const reader = pool.members[0]?.reader;
      recorder.due(performance.now());
      const number = pool.ledger.nextNumber(resolve);
      if (reader?.publish === undefined) pool.publish(number, textBytes);
      else reader.publish(number, textBytes);
      await deliveries.until(back);
    }
  } finally {
    polling.stop();
  }
}

/** Messages of one storm: before the cut, while all are away, and when all are back. */
const STORM_MESSAGES = 3;
const SHARES = [50, 95, 100];

/**
 * Cuts every reader at once and reconnects them on one schedule. Resolves to the milliseconds from the cut until 50, 95
 * and 100 percent were attached again; a share that was not reached within the timeout is left out.
 */
async function storm(
  pool: ReaderPool,
  recorder: Recorder,
  { spreadMs, timeoutMs }: ProgramOf<"storm">,
): Promise<Record<string, number>> {
  const polling = pollInTurn(pool.members);
  try {
    await withTimeout(publishOne(pool, recorder), timeoutMs, pool.failure);
    const start = performance.now();
    for (const member of pool.members) member.cut();
    void publishOne(pool, recorder);
    const back: number[] = [];
    const reconnecting = pool.members.map((member, number) =>
      reconnect(member, (spreadMs * number) / pool.members.length).then(() => back.push(performance.now() - start)),
    );
    const all = Promise.all(reconnecting).then(() => {});
    await withTimeout(all, timeoutMs, pool.failure);
    await withTimeout(publishOne(pool, recorder), timeoutMs, pool.failure);
    return sharesOf(back, pool.members.length);
  } finally {
    polling.stop();
  }
}

function sharesOf(back: readonly number[], readers: number): Record<string, number> {
  return Object.fromEntries(
    SHARES.flatMap((share) => {
      const time = back[Math.ceil((share / 100) * readers) - 1];
      return time === undefined ? [] : [[String(share), time]];
    }),
  );
}

const FAILOVER_TICK_MS = 2;

/** Kills a node. Resolves to the milliseconds until 50, 95 and 100 percent of its readers were attached to another. */
async function failover(
  pool: ReaderPool,
  recorder: Recorder,
  { pid, readers, timeoutMs }: ProgramOf<"failover">,
): Promise<Record<string, number>> {
  const before = new Map(pool.members.map((member) => [member, member.reopened]));
  await withTimeout(publishOne(pool, recorder), timeoutMs, pool.failure);
  const start = performance.now();
  process.kill(pid, "SIGKILL");
  void publishOne(pool, recorder);
  const back: number[] = [];
  while (back.length < readers && performance.now() - start < timeoutMs) {
    await sleep(FAILOVER_TICK_MS);
    pool.failure.throwIfAborted();
    const now = performance.now() - start;
    for (const [member, reopened] of before) {
      if (member.reopened === reopened || !member.attached) continue;
      before.delete(member);
      back.push(now);
    }
  }
  await withTimeout(publishOne(pool, recorder), timeoutMs, pool.failure);
  return sharesOf(back, readers);
}

async function reconnect(member: Member, afterMs: number): Promise<void> {
  await sleep(afterMs);
  await member.reconnect();
}

/** Publishes one message. Resolves when every reader has it. */
function publishOne(pool: ReaderPool, recorder: Recorder): Promise<void> {
  return new Promise((resolve) => {
    recorder.due(performance.now());
    pool.publish(pool.ledger.nextNumber(resolve), 0);
  });
}

/** Publishes nothing for a while: the cost is that of idle connections. */
async function wait(pool: ReaderPool, { ms }: ProgramOf<"wait">): Promise<void> {
  const polling = pollInTurn(pool.members);
  try {
    // The AbortError of the timer is ignored: the reason of `failure` names the connection that failed.
    await sleep(ms, undefined, { signal: pool.failure }).catch(() => {});
    pool.failure.throwIfAborted();
  } finally {
    polling.stop();
  }
}

/** Resolves to true when `done` does, to false after `ms`. Throws the reason of `failure` if that aborts first. */
async function withTimeout(done: Promise<void>, ms: number, failure: AbortSignal): Promise<boolean> {
  failure.throwIfAborted();
  const over = new AbortController();
  const timeout = sleep(ms, false, { signal: AbortSignal.any([over.signal, failure]) }).catch(() => false);
  const inTime = await Promise.race([done.then(() => true), timeout]);
  over.abort();
  failure.throwIfAborted();
  return inTime;
}

/** After this many timeouts in a row, later messages won't arrive either. */
const MOST_TIMEOUTS = 3;

/** Waits for one delivery after another. A lost message costs its timeout; a server that sends nothing ends the run. */
class DeliveryWait {
  readonly #pool: ReaderPool;
  readonly #timeoutMs: number;
  #timeouts = 0;

  constructor(pool: ReaderPool, timeoutMs: number) {
    this.#pool = pool;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when `delivered` does or after the timeout. Throws on the third timeout in a row, or if the pool failed. */
  async until(delivered: Promise<void>): Promise<void> {
    const inTime = await withTimeout(delivered, this.#timeoutMs, this.#pool.failure);
    this.#timeouts = inTime ? 0 : this.#timeouts + 1;
    if (this.#timeouts < MOST_TIMEOUTS) return;
    const { lost } = this.#pool.ledger.faults();
    throw new Error(
      `${MOST_TIMEOUTS} turns in a row did not reach every reader within ${this.#timeoutMs} ms each; ${lost} deliveries are missing`,
    );
  }
}
