/** The rounds of one scenario: opens rows, measures each once per round in random order, and closes them. */
import type { Effort, Opened, Reading, Row, Sample, Scenario } from "../contract.ts";
import type { Generator } from "../generator/client.ts";
import type { Placement } from "../measure/machine.ts";
import { profileArguments } from "../measure/profiles.ts";
import { startServerProcess } from "../measure/server-process.ts";
import { warmUp } from "../scenarios/window.ts";
import { type Random, shuffled } from "../statistics/estimates.ts";
import type { Plan } from "./progress.ts";

/** One scenario to measure. Its samples are added at once, so that an interrupted run keeps them. */
export interface Work {
  readonly scenario: Scenario;
  readonly effort: Effort;
  readonly rows: readonly Row[];
  readonly generator: Generator;
  readonly place: Placement;
  readonly random: Random;
  readonly plan: Plan;
  readonly samples: Sample[];
}

/** A range of rounds, both ends included, counted from one. */
interface Rounds {
  readonly first: number;
  readonly last: number;
}

/** Measures rows whose servers and readers stay for all rounds, or for `effort.roundsPerServer`. */
export async function measurePersistent(work: Work): Promise<void> {
  const { rounds, roundsPerServer } = work.effort;
  const each = roundsPerServer ?? rounds;
  for (let first = 1; first <= rounds; first += each)
    await measureWhileOpen(work, { first, last: Math.min(first + each - 1, rounds) });
}

/** Opens the rows, measures them in these rounds, and closes them. A row that can't be opened is left out. */
async function measureWhileOpen(work: Work, rounds: Rounds): Promise<void> {
  const { scenario, rows, generator, plan } = work;
  const open: Opened[] = [];
  try {
    for (const row of rows) {
      if (plan.signal.aborted) return;
      const start = performance.now();
      try {
        open.push(await openPersistent(row, generator, { ...work, profile: plan.profile }));
      } catch (error) {
        addSamples(work, row, rounds.first, [failedReading(error)]);
        continue;
      }
      plan.watch({ kind: "opened", scenario, row, elapsedMs: performance.now() - start });
    }
    await inRounds(work, rounds, open, (opened, round, lock) => measure(work, opened, round, lock));
  } finally {
    for (const opened of open) await closeRow(generator, opened);
  }
}

/** Measures rows with a new server for every measurement. */
export async function measureFresh(work: Work): Promise<void> {
  const { rows, generator, plan } = work;
  await inRounds(work, { first: 1, last: work.effort.rounds }, rows, async (row, round, lock) => {
    let opened: Opened;
    try {
      opened = await startRow(row, { ...work, profile: plan.profile });
    } catch (error) {
      addSamples(work, row, round, [failedReading(error)]);
      return;
    }
    try {
      await measure(work, opened, round, lock);
    } finally {
      await closeRow(generator, opened);
    }
  });
}

/** Runs `each` for all items in every round, in a new random order, as many at a time as the scenario allows. */
async function inRounds<Item>(
  { scenario, random, plan }: Work,
  { first, last }: Rounds,
  items: readonly Item[],
  each: (item: Item, round: number, lock: Lock) => Promise<void>,
): Promise<void> {
  for (let round = first; round <= last; round += 1) {
    const order = shuffled(items, random);
    for (let at = 0; at < order.length; at += scenario.together) {
      if (plan.signal.aborted) return;
      const lock = new Lock();
      await Promise.all(order.slice(at, at + scenario.together).map((item) => each(item, round, lock)));
    }
  }
}

async function measure(work: Work, opened: Opened, round: number, lock: Lock): Promise<void> {
  const { scenario, effort, generator } = work;
  const stage = {
    ...opened,
    generator,
    effort,
    round,
    alone: <Result>(task: () => Promise<Result>) => lock.alone(task),
  };
  const readings = await scenario.measure(stage).catch((error: unknown) => [failedReading(error)]);
  addSamples(work, opened.row, round, readings);
}

/** Adds readings to the run's samples and reports the progress. */
function addSamples(
  { scenario, effort, rows, plan, samples }: Work,
  row: Row,
  round: number,
  readings: readonly Reading[],
): void {
  const made = readings.map((reading) => ({ ...reading, scenario: scenario.name, row: row.name, round }));
  samples.push(...made);
  const done = new Set(samples.filter((sample) => sample.scenario === scenario.name).map((s) => `${s.round} ${s.row}`))
    .size;
  plan.watch({ kind: "measured", scenario, row, round, done, of: rows.length * effort.rounds, samples: made });
}

/** Returns a reading without numbers for a row whose measurement failed. */
function failedReading(error: unknown): Reading {
  return {
    point: null,
    metrics: {},
    latency: null,
    lastLatency: null,
    faults: { lost: 0, duplicated: 0, reordered: 0 },
    invalid: { kind: "failed", message: error instanceof Error ? error.message : String(error) },
    span: [0, 0],
  };
}

export interface OpenOptions {
  readonly effort: Effort;
  readonly place: Placement;
  readonly profile: "cpu" | "heap" | null;
}

/** Starts a row's server, without readers. */
export async function startRow(row: Row, { effort, place, profile }: OpenOptions): Promise<Opened> {
  const nodeArgs = profileArguments(row.name, profile);
  return {
    row,
    server: await startServerProcess(row.server(effort.readers), { cpu: place.server, nodeArgs }),
  };
}

/** Starts a row's server, opens its readers and warms both up. Leaves nothing running if it fails. */
export async function openPersistent(row: Row, generator: Generator, options: OpenOptions): Promise<Opened> {
  const opened = await startRow(row, options);
  const { readers } = options.effort;
  try {
    await generator.open({ row: row.name, url: opened.server.url.href, readers, supervised: false });
    await warmUp({ generator, row }, options.effort.warmUp);
    return opened;
  } catch (error) {
    await closeRow(generator, opened);
    throw error;
  }
}

/** Ends a row's connections and its server. */
export async function closeRow(generator: Generator, { row, server }: Opened): Promise<void> {
  try {
    await generator.close(row.name);
  } catch {
    // Its readers were never opened, or ended with the generator.
  }
  await server.stop();
}

/** Runs one task at a time, in order. */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all earlier work has ended. Resolves or rejects as `work` does. */
  async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      return await work();
    } finally {
      resolve();
    }
  }
}
