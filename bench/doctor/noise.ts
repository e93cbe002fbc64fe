import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "../statistics/estimates.ts";
import { type Check, ok, warn } from "./check.ts";

const PIECES = 60;
const WARM_UP_PIECES = 10;
/** Turns of the fixed work: about 10 ms of it on a machine of 2024. */
const TURNS = 5_000_000;
const TIMERS = 300;
const TIMER_MS = 2;
/** Rounds of a full run: the more, the smaller the part of the noise that is left in a median. */
const ROUNDS = 10;
/** The difference in a ratio that the bench means to tell apart, in percent. */
const DIFFERENCE = 5;
/** A timer later than this, in ms, is a pause that a percentile will show. */
const LATE_MS = 5;

/** Times the same piece of CPU work again and again: how far apart the times are is the machine's doing, not the work's. */
export function timeFixedWork(now: () => number = () => performance.now()): number[] {
  const times: number[] = [];
  for (let piece = 0; piece < PIECES + WARM_UP_PIECES; piece += 1) {
    const start = now();
    work();
    if (piece >= WARM_UP_PIECES) times.push(now() - start);
  }
  return times;
}

/** How late, in ms, timers of 2 ms were. */
export async function timeTimers(): Promise<number[]> {
  const late: number[] = [];
  for (let count = 0; count < TIMERS; count += 1) {
    const due = performance.now() + TIMER_MS;
    await sleep(TIMER_MS);
    late.push(performance.now() - due);
  }
  return late;
}

/** Judges whether ratios of `DIFFERENCE` % can be told apart where the same work takes these times. */
export function checkNoise(times: readonly number[]): Check {
  const name = "CPU noise";
  const sorted = [...times].sort((a, b) => a - b);
  const middle = quantile(sorted, 0.5);
  const spread = ((quantile(sorted, 0.75) - quantile(sorted, 0.25)) / middle) * 100;
  const worst = ((quantile(sorted, 1) - middle) / middle) * 100;
  // The usual normal approximation of a median's 95 % interval, 1.96 × 1.253 × σ / √n with σ = IQR / 1.349, and both
  // sides of a ratio are as noisy as this.
  const halfWidth = (1.96 * 1.253 * Math.SQRT2 * (spread / 1.349)) / Math.sqrt(ROUNDS);
  const found = `the same work of ${middle.toFixed(1)} ms varies by ${spread.toFixed(1)} % (middle half), by ${worst.toFixed(0)} % at worst`;
  return halfWidth <= DIFFERENCE
    ? ok(name, `${found}; ratios of ${DIFFERENCE} % can be told apart in ${ROUNDS} rounds`)
    : warn(
        name,
        `${found}; ${ROUNDS} rounds tell ratios apart by ${halfWidth.toFixed(0)} %`,
        `For ${DIFFERENCE} % make ${Math.ceil(ROUNDS * (halfWidth / DIFFERENCE) ** 2)} rounds, or quieten the machine.`,
      );
}

/** Judges how late timers were. */
export function checkTimers(late: readonly number[]): Check {
  const name = "timers";
  const sorted = [...late].sort((a, b) => a - b);
  const [middle, high, worst] = [quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted, 1)];
  const found = `${middle.toFixed(2)} ms late at the median, ${high.toFixed(2)} at p99, ${worst.toFixed(1)} at worst`;
  return high <= LATE_MS
    ? ok(name, found)
    : warn(
        name,
        found,
        "Somebody takes this process's CPU: latencies above p90 are then the machine's, not the server's.",
      );
}

function work(): number {
  let state = 1;
  for (let turn = 0; turn < TURNS; turn += 1) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}
