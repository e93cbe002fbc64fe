/** What became of the numbered events since the ledger was opened. */
export interface Tally {
  /** Numbers that were skipped and never came, and those a gap reported as missed. */
  readonly lost: number;
  /** Numbers that came more than once. */
  readonly duplicated: number;
  /** Numbers that came after a higher one. */
  readonly reordered: number;
  /** A gap could not say how many were missed. */
  readonly unknown: boolean;
}

/** Counts by sequence number what reached the page, so that "0 lost, 0 duplicated" is a measurement. */
export interface Ledger {
  readonly tally: Tally;
  /** The highest number seen or skipped to. */
  readonly high: number;
  /** Reading goes on after `seq`, in a log that may be another one; nothing before it counts. */
  open(seq: number): void;
  /** Enters one number. False: it was here before, and must not be shown again. */
  take(seq: number): boolean;
  /** The server said that what was up to `seq` is gone, `missed` of it unread; null: nobody knows how much. */
  gap(seq: number, missed: number | null): void;
}

interface Hole {
  readonly from: number;
  readonly to: number;
}

export function createLedger(): Ledger {
  let high = 0;
  let holes: readonly Hole[] = [];
  let tally: Tally = { lost: 0, duplicated: 0, reordered: 0, unknown: false };

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

/** What happened between two looks at one ledger. */
export function between(before: Tally, after: Tally): Tally {
  return {
    lost: after.lost - before.lost,
    duplicated: after.duplicated - before.duplicated,
    reordered: after.reordered - before.reordered,
    unknown: after.unknown && !before.unknown,
  };
}
