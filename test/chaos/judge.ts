import type { Ledger, Read } from "./ledger.ts";

/** What the ledger says of the members of one row. */
export interface RowVerdict {
  readonly row: string;
  readonly members: number;
  /** Messages these members said, and those of them that were acknowledged. */
  readonly said: number;
  readonly acknowledged: number;
  /** Messages they were handed, from anyone. */
  readonly received: number;
  /** Numbers up to the end that a reader was never handed. Every acknowledged message has one. */
  readonly lost: number;
  /** Numbers a reader was handed again, and messages it was handed under a second number. */
  readonly duplicated: number;
  /** Numbers handed after a higher one, and messages that stand in the log before one their sender had said earlier. */
  readonly reordered: number;
  /** Numbers under which these readers, or the acknowledgement, were told something that others were not. */
  readonly differing: number;
  readonly gaps: number;
}

const NOTHING = { said: 0, acknowledged: 0, received: 0, lost: 0, duplicated: 0, reordered: 0, differing: 0, gaps: 0 };

/** Reads the ledger up to `end`, a number every reader must have reached. One verdict per row, in the order given. */
export function judge(ledger: Ledger, rows: readonly string[], end: number): RowVerdict[] {
  const disputed = new Set([...ledger.told].filter(([, told]) => told.size > 1).map(([seq]) => seq));
  return rows.map((row) => {
    const readers = [...ledger.readers].filter(([, read]) => read.row === row);
    const verdict = { ...NOTHING, row, members: readers.length };
    for (const [name, read] of readers) {
      const said = [...ledger.said].filter(([, { by }]) => by === name);
      const faults = faultsOf(read, end);
      verdict.said += said.length;
      verdict.acknowledged += said.filter(([, { seq }]) => seq !== null).length;
      verdict.received += read.entries.filter(({ id }) => id !== null).length;
      verdict.lost += faults.lost;
      verdict.duplicated += faults.duplicated;
      verdict.reordered += faults.reordered + disorder(ledger, name);
      verdict.differing += new Set(read.entries.map(({ seq }) => seq)).intersection(disputed).size;
      verdict.differing += said.filter(([id]) => ledger.garbled.includes(id)).length;
      verdict.gaps += read.gaps;
    }
    return verdict;
  });
}

function faultsOf({ entries, from }: Read, end: number) {
  const seqs = new Set<number>();
  const ids = new Set<string>();
  const faults = { lost: 0, duplicated: 0, reordered: 0 };
  let highest = from;
  for (const { seq, id } of entries) {
    if (seqs.has(seq) || (id !== null && ids.has(id))) faults.duplicated += 1;
    else if (seq < highest) faults.reordered += 1;
    seqs.add(seq);
    if (id !== null) ids.add(id);
    highest = Math.max(highest, seq);
  }
  for (let seq = from + 1; seq <= end; seq += 1) if (!seqs.has(seq)) faults.lost += 1;
  return faults;
}

/**
 * Messages of one member that stand in the log before one it had said earlier. One it had given up, and said more after,
 * may come at any time: of that it was told.
 */
function disorder(ledger: Ledger, name: string): number {
  const seqOf = new Map<string, number>();
  for (const [seq, told] of ledger.told) for (const id of told) seqOf.set(id, Math.min(seq, seqOf.get(id) ?? seq));
  let highest = 0;
  let disordered = 0;
  const own = [...ledger.said].filter(([, { by }]) => by === name).toSorted(([, a], [, b]) => a.ordinal - b.ordinal);
  for (const [id, { givenUp }] of own) {
    const seq = seqOf.get(id);
    if (seq === undefined || givenUp) continue;
    if (seq < highest) disordered += 1;
    highest = Math.max(highest, seq);
  }
  return disordered;
}
