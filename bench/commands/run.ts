import { explainProfiles } from "../measure/profiles.ts";
import { htmlReport } from "../report/html.ts";
import { markdownReport } from "../report/markdown.ts";
import { formatScenario, formatVerdicts } from "../report/table.ts";
import type { Results } from "../results.ts";
import { writeReport, writeResults } from "../run/files.ts";
import type { Progress } from "../run/plan.ts";
import { showProgress } from "../run/progress.ts";
import { runBench } from "../run/session.ts";
import { summarise } from "../statistics/summarise.ts";
import { judgeTargets } from "../targets.ts";
import type { RunOptions } from "./options.ts";

/**
 * Makes a run, prints each scenario's table when it is done, and writes JSON, HTML and Markdown. The JSON is written
 * after every scenario, so that a run that breaks off keeps what it has. Resolves to whether every row is valid.
 */
export async function run(options: RunOptions, argv: readonly string[]): Promise<boolean> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once("SIGINT", interrupt);
  const show = showProgress(process.stdout);
  const watch = (progress: Progress): void => {
    show(progress);
    if (progress.kind !== "finished") return;
    const summary = summarise(progress.results).find(({ scenario }) => scenario.name === progress.scenario.name);
    if (summary !== undefined) console.log(`\n${formatScenario(summary)}`);
    void writeResults(progress.results);
  };
  try {
    const results = await runBench({ ...options, argv, signal: interrupted.signal, watch });
    if (options.profile !== null) console.log(explainProfiles(results, options.profile));
    await conclude(results);
    return results.samples.every(({ invalid }) => invalid === null);
  } finally {
    process.off("SIGINT", interrupt);
  }
}

/** Prints the verdicts on the targets and writes all three files of a run or of several runs together. */
export async function conclude(results: Results): Promise<void> {
  console.log(`\n${formatVerdicts(judgeTargets(results))}`);
  const files = [
    await writeResults(results),
    await writeReport(results, "html", htmlReport(results)),
    await writeReport(results, "md", markdownReport(results)),
  ];
  console.log(`\n${files.join("\n")}`);
}
