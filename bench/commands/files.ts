import { formatComparison } from "../report/compare.ts";
import { merge } from "../report/merge.ts";
import { readResults } from "../run/files.ts";
import { compare } from "../statistics/compare.ts";
import { conclude } from "./run.ts";

/** Prints what changed from one run to another beyond noise. Resolves to whether nothing got worse. */
export async function compareFiles(paths: readonly string[]): Promise<boolean> {
  const [before, after, ...more] = paths;
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error("usage: npm run bench -- compare before.json after.json");
  const comparison = compare(await readResults(before), await readResults(after));
  console.log(formatComparison(comparison));
  return comparison.changes.every(({ verdict }) => verdict !== "worse");
}

/** Writes the report of one run, or of several runs of different scenarios as if they had been one. */
export async function reportFiles(paths: readonly string[]): Promise<boolean> {
  if (paths.length === 0) throw new Error("usage: npm run bench -- report a.json [b.json ...]");
  await conclude(merge(await Promise.all(paths.map(readResults))));
  return true;
}
