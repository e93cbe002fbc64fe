import type { FloodVerdict } from "./flood.ts";
import type { RowVerdict } from "./ledger.ts";
import type { StormVerdict } from "./storm.ts";

/** The result of a run. */
export interface Verdict {
  readonly seed: number;
  /** Servers on one Redis; 0 for one server with a file. */
  readonly nodes: number;
  /** How long actions were carried out, ms. */
  readonly forMs: number;
  readonly rows: readonly RowVerdict[];
  readonly storms: readonly StormVerdict[];
  readonly floods: readonly FloodVerdict[];
  /** How often each kind of action, fault and state change occurred. */
  readonly counts: ReadonlyMap<string, number>;
  /** The server's highest resident memory. */
  readonly rssBytes: number;
  /** The highest event loop delay of the members' process. On an overloaded machine it alone can cut connections. */
  readonly loopDelayMs: number;
  /** Failures outside the columns: closed clients, a crashed server, members that never caught up. */
  readonly faults: readonly string[];
}

/** Returns whether nothing was lost, duplicated, reordered or differing, and every member caught up. */
export function isClean({ rows, storms, floods, faults }: Verdict): boolean {
  return (
    faults.length === 0 &&
    rows.every((row) => row.lost + row.duplicated + row.reordered + row.differing + row.gaps === 0) &&
    storms.every((one) => one.lost + one.duplicated + one.gaps === 0 && one.caughtUp === one.readers) &&
    floods.every((one) => one.disordered === 0 && one.disconnected === one.unread)
  );
}

const COLUMNS = [
  "members",
  "said",
  "acknowledged",
  "received",
  "lost",
  "duplicated",
  "reordered",
  "differing",
  "gaps",
] as const;

/** Formats the verdict as plain text. */
export function printed(verdict: Verdict): string {
  const { seed, forMs, rows, storms, floods, counts, rssBytes, faults } = verdict;
  const table = [
    ["", ...COLUMNS],
    ...rows.map((row) => [row.row, ...COLUMNS.map((column) => row[column].toLocaleString("en"))]),
  ];
  const kinds = [...counts].toSorted(([one], [other]) => one.localeCompare(other));
  return [
    `Seed ${seed}, ${forMs / 1_000} s of chaos`,
    "",
    ...aligned(table),
    "",
    ...storms.map(
      (one) =>
        `storm: ${one.caughtUp} of ${one.readers} light readers caught up over ${one.connects} connections; ` +
        `${one.said} messages, ${one.received} events received, ${one.lost} lost, ${one.duplicated} duplicated, ${one.gaps} gaps` +
        one.refusals.map(([status, times]) => `, ${times} × ${status}`).join(""),
    ),
    ...floods.map(
      (one) =>
        `flood: ${one.stored} of ${one.sent} messages of a publisher that never waits stored, ` +
        `${one.disordered === 0 ? "in order and without duplicates" : "OUT OF ORDER OR DUPLICATED"}; ` +
        `${one.disconnected} of ${one.unread} readers that never read disconnected`,
    ),
    `server: at most ${Math.round(rssBytes / 1_048_576)} MiB; members: event loop delay at most ${Math.round(verdict.loopDelayMs)} ms`,
    "",
    ...aligned(kinds.map(([kind, times]) => [kind, times.toLocaleString("en")])),
    "",
    ...faults.map((fault) => `FAULT: ${fault}`),
    isClean(verdict)
      ? "Nothing lost, nothing duplicated, nothing reordered."
      : `NOT CLEAN. Repeat it with: npm run chaos -- --seconds ${forMs / 1_000} --seed ${seed}${verdict.nodes === 0 ? "" : ` --nodes ${verdict.nodes}`}`,
  ].join("\n");
}

function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
}
