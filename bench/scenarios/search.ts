/** What a search for a rate may spend, and how near it has to come. */
export interface SearchLimits {
  /** The first rate that is tried. */
  readonly start: number;
  /** Rates this near one another, as a ratio, are the same: 1.05. */
  readonly precision: number;
  /** Trials in all, the confirmations included. */
  readonly trials: number;
}

export interface Tried<Outcome> {
  readonly rate: number;
  readonly outcome: Outcome;
}

export interface Found<Outcome> {
  /** The highest rate that was kept twice, with its confirmation's outcome; null when none was. */
  readonly kept: Tried<Outcome> | null;
  /** The lowest rate that was not kept; null when every rate was. */
  readonly failed: Tried<Outcome> | null;
}

/** How a rate fared. `unclear`: it wasn't kept, and it may not have been the server that could not. */
interface Outcomes {
  readonly kept: boolean;
  readonly unclear?: boolean;
}

/** What is left for the end, so that a rate that was kept by luck can be given up for a lower one. */
const CONFIRMATIONS = 4;
/** Below this no server is worth asking. */
const LOWEST_RATE = 1;
/** How often a rate is doubled beyond one whose failure is unclear. */
const LEAPS = 3;

/**
 * Finds the highest rate that is kept: by doubling, or halving, until one is kept and one is not, then by halving the
 * ratio between the two, then by trying the result once more, and lower ones where it isn't kept again.
 * Where a failure is unclear, up to three doublings beyond it are tried: messages that come faster are read several at
 * a time, and 10,000 a second may be less work for who reads them than 2,000.
 */
export async function searchRate<Outcome extends Outcomes>(
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
  /** The first doubling beyond that is kept; null when there is none. */
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
  // What isn't kept again gives way to a lower rate, in steps that double: by 5 %, by 10 %, by 20 %.
  for (let again = kept, step = precision; again !== null && left > 0; again /= step, step **= 2) {
    const outcome = await attemptAt(again);
    if (outcome.kept) return { kept: { rate: again, outcome }, failed };
  }
  return { kept: null, failed };
}

function lowestFailed(failed: Tried<unknown> | null): number | null {
  return failed === null ? null : failed.rate;
}

/** The rate to try between the highest kept and the lowest failed; null when they are near enough, or too low. */
function nextRate(kept: number | null, failed: number | null, precision: number): number | null {
  if (kept === null) return failed === null || failed / 2 < LOWEST_RATE ? null : failed / 2;
  if (failed === null) return kept * 2;
  return failed / kept <= precision ? null : Math.sqrt(kept * failed);
}
