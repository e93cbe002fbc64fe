import type { Change, Comparison } from "../statistics/compare.ts";
import { estimateText } from "./text.ts";

/** What changed beyond noise, line by line, and how many numbers did not. */
export function formatComparison({ warnings, changes }: Comparison): string {
  const changed = changes.filter(({ verdict }) => verdict !== "unchanged");
  const same = changes.length - changed.length;
  return [
    ...warnings.map((warning) => `note: ${warning}`),
    ...changed.map(lineOf),
    changes.length === 0
      ? "The runs have nothing in common."
      : `${same} of ${changes.length} numbers did not change beyond noise.`,
  ].join("\n");
}

function lineOf({ verdict, scenario, row, point, metric, relative, before, after }: Change): string {
  const what = `${scenario}${point === null ? "" : `, ${point}`}: ${row}, ${metric}${relative ? " × net" : ""}`;
  const percent = before.median === 0 ? "" : `, ${((after.median / before.median - 1) * 100).toFixed(1)} %`;
  return `${verdict.padEnd(6)} ${what}: ${estimateText(before)} → ${estimateText(after)}${percent}`;
}
