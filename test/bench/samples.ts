import type { Effort, Sample, Scenario } from "../../bench/contract.ts";
import { rowNamed } from "../../bench/registry.ts";
import { runBench } from "../../bench/run/session.ts";

/** Runs one scenario over real connections. Resolves to its samples. */
export async function samplesOf(
  scenario: Scenario,
  rows: readonly string[],
  effort: Effort,
): Promise<readonly Sample[]> {
  const { samples } = await runBench({
    scenarios: [scenario],
    rows: rows.map(rowNamed),
    effort,
    seed: 1,
    profile: null,
    argv: [],
    signal: new AbortController().signal,
    watch: () => {},
  });
  return samples;
}
