import type { Invalid, Reading, Scenario, Stage } from "../contract.ts";
import { Histogram } from "../statistics/histogram.ts";
import {
  CPU,
  generatorSpent,
  measureWindow,
  openReaders,
  paceOf,
  readingOf,
  staysConnected,
  type Window,
  warmUp,
} from "./window.ts";

const READERS = 100;
const TRIALS = 18;
/** Trials of one rate. */
const TRIES = 3;
/** A trial that took this many times as long as planned failed by more than one stall. It is not repeated. */
const LONGER_THAN_A_STALL = 1.2;
/** Rates whose ratio is at most this count as equal. */
const PRECISION = 1.05;
const LONGEST_TRIAL_SECONDS = 1.2;
/** Upper bound of the 99th percentile of latency. */
export const BOUND_MS = 50;
/** A schedule is not kept if less than this share of its rate was reached. */
const ACHIEVED = 0.99;
/** The backlog grows if it has this many ms of the schedule more at the end than at the middle. */
const GROWTH_MS = 20;
/** Below this share of a CPU, the server is not the limit. */
const BUSY = 0.9;

/** The outcome of one rate; `window` is null if a connection broke. */
interface Trial {
  readonly kept: boolean;
  /** The generator was at its limit. Another rate may be less work for it. */
  readonly unclear: boolean;
  readonly window: Window | null;
}

export const saturate: Scenario = {
  name: "saturate",
  title: "Saturation",
  question: `How many messages per second can the server deliver to ${READERS} readers, with 99 % of the deliveries within ${BOUND_MS} ms of the intended time of sending, nothing lost, and no growing backlog? The rate is doubled until it isn't kept (and up to three times more if the generator had no CPU left, since faster messages are read several at a time), then narrowed down to 5 %, then confirmed, and lowered further if it isn't kept again. A rate that isn't kept is tried up to three times, for every row. Messages per read show coalescing; the rate without it follows from the CPU of a delivery in lockstep in the same server. Short pollers, whose messages are late by design, are left out.`,
  metrics: [
    { name: "deliveriesPerSecond", title: "deliveries per second", unit: "1/s", better: "higher" },
    { name: "messagesPerSecond", title: "messages per second", unit: "1/s", better: "higher" },
    { name: "messagesPerRead", title: "messages per read", unit: "", better: "higher" },
    { ...CPU, title: "CPU per delivery at that rate" },
    {
      name: "singleDeliveriesPerSecond",
      title: "deliveries per second, one message per write",
      unit: "1/s",
      better: "higher",
    },
  ],
  lifecycle: "fresh",
  together: 1,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 3), readers: READERS }),
  applies: staysConnected,
  measure: async (stage) => {
    await openReaders(stage, READERS, false);
    await warmUp(stage, stage.effort.warmUp);
    const single = await lockstep(stage);
    const capacity = 1_000_000 / (single.cpu.total * READERS);
    const found = await searchRate((rate) => attempt(stage, rate), {
      start: Math.max(1, Math.round(capacity / 2)),
      precision: PRECISION,
      trials: TRIALS,
    });
    return [readingAt(found, single)];
  },
};

function lockstep(stage: Stage): Promise<Window> {
  const perSecond = paceOf(stage.row.leg);
  const turns = Math.max(1, Math.round(stage.effort.seconds * perSecond));
  return measureWindow(stage, { kind: "lockstep", turns, together: 1, perSecond, textBytes: 0 }, perSecond);
}

/**
 * Tries a rate up to three times: one stall of 50 ms caused by another process breaks the bound, while a server that
 * can't keep the rate fails every time. A schedule that took a fifth longer than planned was not a stall.
 */
async function attempt(stage: Stage, rate: number): Promise<Trial> {
  let trial = await attemptOnce(stage, rate);
  for (let again = 1; again < TRIES && mayBeStall(trial, rate); again += 1) trial = await attemptOnce(stage, rate);
  return trial;
}

function mayBeStall({ kept, window }: Trial, rate: number): boolean {
  return (
    !kept && window !== null && window.seen.elapsedMs < (window.seen.messages / rate) * 1_000 * LONGER_THAN_A_STALL
  );
}

async function attemptOnce(stage: Stage, rate: number): Promise<Trial> {
  const seconds = Math.min(LONGEST_TRIAL_SECONDS, stage.effort.seconds * LONGEST_TRIAL_SECONDS);
  const messages = Math.max(2, Math.round(rate * seconds));
  const program = { kind: "schedule", messages, perSecond: rate, textBytes: 0, disturbance: null } as const;
  const window = await measureWindow(stage, program, rate).catch(() => null);
  if (window !== null && keeps(window, rate)) return { kept: true, unclear: false, window };
  // Messages still in flight would arrive in the next trial.
  await stage.generator.close(stage.row.name);
  await openReaders(stage, READERS, false);
  return { kept: false, unclear: window !== null && generatorSpent(window.seen) !== null, window };
}

/** Returns whether a schedule at `rate` messages per second was kept within the bounds. */
export function keeps({ seen }: Pick<Window, "seen">, rate: number): boolean {
  const { messages, elapsedMs, lost, duplicated, reordered, backlog } = seen;
  if (lost !== 0 || duplicated !== 0 || reordered !== 0) return false;
  if (Histogram.decode(seen.latency).percentile(99) > BOUND_MS * 1_000) return false;
  // The last message may be as late as any other.
  if (elapsedMs - BOUND_MS > (messages / rate) * (1_000 / ACHIEVED)) return false;
  return backlog.end - backlog.middle <= Math.max(1, (rate * GROWTH_MS) / 1_000);
}

function readingAt({ kept, failed }: Found<Trial>, single: Window): Reading {
  const window = kept?.outcome.window ?? null;
  if (kept === null || window === null) {
    const message = `no rate was kept twice, down to ${(failed?.rate ?? 0).toFixed(1)} messages per second`;
    return { ...readingOf(null, single, {}), invalid: limit(failed?.outcome) ?? { kind: "failed", message } };
  }
  const { seen, cpu } = window;
  const metrics = {
    deliveriesPerSecond: kept.rate * READERS,
    messagesPerSecond: kept.rate,
    messagesPerRead: seen.deliveries / Math.max(1, seen.reads),
    cpu: cpu.total,
    singleDeliveriesPerSecond: 1_000_000 / single.cpu.total,
  };
  return { ...readingOf(null, window, metrics), invalid: limit(failed?.outcome) };
}

/** Returns a reason if, at the rate that wasn't kept, the generator had no CPU left while the server still had some. */
function limit(trial: Trial | undefined): Invalid | null {
  const window = trial?.window ?? null;
  if (window === null) return null;
  return serverCpu(window) < BUSY ? generatorSpent(window.seen) : null;
}

/** Returns the server's CPU as a share of one CPU. */
function serverCpu({ seen, cpu }: Window): number {
  return (cpu.total * seen.deliveries) / (seen.elapsedMs * 1_000);
}

/** The cost limit and the precision of a search for a rate. */
export interface SearchLimits {
  /** The first rate to try. */
  readonly start: number;
  /** Rates whose ratio is at most this count as equal. */
  readonly precision: number;
  /** Most trials, confirmations included. */
  readonly trials: number;
}

export interface Tried<Outcome> {
  readonly rate: number;
  readonly outcome: Outcome;
}

export interface Found<Outcome> {
  /** The highest rate that was kept twice, with its confirmation's outcome; null if none was. */
  readonly kept: Tried<Outcome> | null;
  /** The lowest rate that was not kept; null if every rate was. */
  readonly failed: Tried<Outcome> | null;
}

/** The outcome of a rate. `unclear`: it wasn't kept, but the server may not be the reason. */
interface RateOutcome {
  readonly kept: boolean;
  readonly unclear?: boolean;
}

/** Trials reserved for the end, so that a rate kept by luck can be replaced by a lower one. */
const CONFIRMATIONS = 4;
/** No lower rate is tried. */
const LOWEST_RATE = 1;
/** How often a rate is doubled after an unclear failure. */
const LEAPS = 3;

/**
 * Finds the highest rate that is kept. It doubles or halves the rate until one is kept and one is not, then halves the
 * ratio between the two, then confirms the result, and tries lower rates if it isn't kept again.
 * After an unclear failure it doubles the rate up to three times more: faster messages are read several at a time, and
 * 10,000 per second may be less work for the generator than 2,000.
 */
export async function searchRate<Outcome extends RateOutcome>(
  attempt: (rate: number) => Promise<Outcome>,
  { start, precision, trials }: SearchLimits,
): Promise<Found<Outcome>> {
  let kept: number | null = null;
  let failed: Tried<Outcome> | null = null;
  let left = trials;
  let highest = 0;
  const attemptAt = async (rate: number): Promise<Outcome> => {
    left -= 1;
    highest = Math.max(highest, rate);
    const outcome = await attempt(rate);
    if (outcome.kept && failed !== null && failed.rate < rate) failed = null;
    if (!outcome.kept && (failed === null || rate <= failed.rate)) failed = { rate, outcome };
    return outcome;
  };
  /** Resolves to the first doubled rate that is kept; null if none is. */
  const leapFrom = async (rate: number): Promise<number | null> => {
    for (let leap = 1; leap <= LEAPS && left > CONFIRMATIONS; leap += 1) {
      const outcome = await attemptAt(rate * 2 ** leap);
      if (outcome.kept) return rate * 2 ** leap;
      if (outcome.unclear !== true) return null;
    }
    return null;
  };

  let rate: number | null = start;
  while (rate !== null && left > CONFIRMATIONS) {
    const climbing = rate > highest;
    const outcome = await attemptAt(rate);
    const far = climbing && outcome.unclear === true ? await leapFrom(rate) : null;
    if (outcome.kept || far !== null) kept = far ?? rate;
    rate = nextRate(kept, outcome.kept || far !== null ? lowestFailed(failed) : rate, precision);
  }
  // If the rate isn't kept again, lower it in steps that double: by 5 %, by 10 %, by 20 %.
  for (let again = kept, step = precision; again !== null && left > 0; again /= step, step **= 2) {
    const outcome = await attemptAt(again);
    if (outcome.kept) return { kept: { rate: again, outcome }, failed };
  }
  return { kept: null, failed };
}

function lowestFailed(failed: Tried<unknown> | null): number | null {
  return failed === null ? null : failed.rate;
}

/** Returns the next rate to try, between the highest kept and the lowest failed; null if they are close or too low. */
function nextRate(kept: number | null, failed: number | null, precision: number): number | null {
  if (kept === null) return failed === null || failed / 2 < LOWEST_RATE ? null : failed / 2;
  if (failed === null) return kept * 2;
  return failed / kept <= precision ? null : Math.sqrt(kept * failed);
}
