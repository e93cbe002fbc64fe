/** What happened to the durable events since the ledger was created. */
export interface Tally {
  /** Numbers that were skipped and never arrived, and those a gap reported as missed. */
  readonly lost: number;
  /** Numbers that arrived more than once. */
  readonly duplicated: number;
  /** Numbers that arrived after a higher one. */
  readonly reordered: number;
  /** Whether a gap did not report how many were missed. */
  readonly unknown: boolean;
}

/** Counts arrivals by sequence number, so that "0 lost, 0 duplicated" is a measurement. */
export interface Ledger {
  readonly tally: Tally;
  /** The highest number seen or skipped to. */
  readonly high: number;
  /** Continues after `seq`, possibly in another log. Nothing before it counts. */
  open(seq: number): void;
  /** Records one number. Returns false if it arrived before, so that it is not shown again. */
  take(seq: number): boolean;
  /** Records a gap: `missed` events up to `seq` never arrive (null: an unknown number). Continues after `seq`. */
  gap(seq: number, missed: number | null): void;
}

/** Skipped numbers, both ends included. */
interface Hole {
  readonly from: number;
  readonly to: number;
}

export function createLedger(): Ledger {
  let high = 0;
  let holes: readonly Hole[] = [];
  let tally: Tally = { lost: 0, duplicated: 0, reordered: 0, unknown: false };

  /** Removes one number from the holes. Returns false if it is in none. */
  function fill(seq: number): boolean {
    const hole = holes.find(({ from, to }) => from <= seq && seq <= to);
    if (hole === undefined) return false;
    const parts = [
      { from: hole.from, to: seq - 1 },
      { from: seq + 1, to: hole.to },
    ];
    holes = [...holes.filter((other) => other !== hole), ...parts.filter(({ from, to }) => from <= to)];
    return true;
  }

  return {
    get tally() {
      return tally;
    },
    get high() {
      return high;
    },
    open(seq) {
      high = seq;
      holes = [];
    },
    take(seq) {
      if (seq > high) {
        const skipped = seq - high - 1;
        if (skipped > 0) {
          holes = [...holes, { from: high + 1, to: seq - 1 }];
          tally = { ...tally, lost: tally.lost + skipped };
        }
        high = seq;
        return true;
      }
      if (fill(seq)) {
        tally = { ...tally, lost: tally.lost - 1, reordered: tally.reordered + 1 };
        return true;
      }
      tally = { ...tally, duplicated: tally.duplicated + 1 };
      return false;
    },
    gap(seq, missed) {
      tally = { ...tally, lost: tally.lost + (missed ?? 0), unknown: tally.unknown || missed === null };
      high = seq;
      holes = [];
    },
  };
}

/** Returns what happened between two tallies of one ledger. */
export function between(before: Tally, after: Tally): Tally {
  return {
    lost: after.lost - before.lost,
    duplicated: after.duplicated - before.duplicated,
    reordered: after.reordered - before.reordered,
    unknown: after.unknown && !before.unknown,
  };
}
