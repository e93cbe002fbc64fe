import type { Measured, Ratio, Summary } from "./summary.ts";

const HEADINGS = [
  "",
  "µs/delivery",
  "user",
  "system",
  "bytes down",
  "bytes up",
  "broadcasts/s",
  "ratio, 95 % interval",
];

/** The result as plain text, one row a line; a further ratio of a row has a line of its own. */
export function formatTable(summaries: readonly Summary[]): string {
  const lines = summaries.flatMap(linesOf);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(...[HEADINGS, ...lines].map((line) => length(line[column], heading))),
  );
  return [HEADINGS, ...lines]
    .map((line) =>
      line
        .map((cell, at) => pad(cell, widths[at] ?? 0, at))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function linesOf(summary: Summary): string[][] {
  if (summary.kind === "invalid") return [[summary.row.title, "", "", "", "", "", "", summary.why]];
  const [first, ...further] = summary.ratios;
  return [
    [...numbersOf(summary), first === undefined ? "" : ratioText(first)],
    ...further.map((ratio) => [...HEADINGS.slice(1).map(() => ""), ratioText(ratio)]),
  ];
}

function numbersOf({ row, cpu, user, system, bytesDown, bytesUp, perSecond }: Measured): string[] {
  return [
    row.title,
    ...[cpu, user, system].map((value) => value.toFixed(2)),
    ...[bytesDown, bytesUp, perSecond].map((value) => value.toFixed(0)),
  ];
}

function ratioText({ against, median, low, high, atMost }: Ratio): string {
  const text = `${median.toFixed(2)} × ${against} (${low.toFixed(2)}–${high.toFixed(2)})`;
  return atMost === null ? text : `${text}, bound ${atMost}: ${median <= atMost ? "kept" : "EXCEEDED"}`;
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 || column === HEADINGS.length - 1 ? cell.padEnd(width) : cell.padStart(width);
}

function length(cell: string | undefined, heading: string): number {
  return cell === undefined ? heading.length : cell.length;
}
