/** The command `npm run bench`: compares every transport with the floors and with what people would use instead. */
import { doctor } from "./doctor/doctor.ts";
import { gate } from "./gate.ts";
import { explainProfiles } from "./measure/profiles.ts";
import { QUICK, QUICK_ARGUMENTS, RUN_USAGE, type RunOptions, readRunOptions } from "./options.ts";
import { htmlReport } from "./report/html.ts";
import { formatScenario, formatVerdicts, markdownReport } from "./report/text.ts";
import { merge, type Results, readResults, writeReport, writeResults } from "./results.ts";
import { type Progress, showProgress } from "./run/progress.ts";
import { runBench } from "./run/session.ts";
import { compare, formatComparison } from "./statistics/compare.ts";
import { judgeTargets, summarise } from "./statistics/summarise.ts";

const USAGE = `npm run bench -- [command] [options]

  (none)                  every scenario, every row that can run here
  quick                   a complete overview in under a minute, with wide intervals
  compare a.json b.json   what changed beyond noise
  report a.json [b.json]  the HTML and Markdown report of one run, or of several merged
  doctor                  checks whether the results of this machine can be trusted
  gate                    fails if a ratio to the floors is above its budget

${RUN_USAGE}`;

/** Runs the command. Resolves to whether it succeeded. */
async function execute(args: readonly string[]): Promise<boolean> {
  const [command = "", ...rest] = args;
  switch (command) {
    case "help":
    case "--help":
      console.log(USAGE);
      return true;
    case "quick":
      return run(readRunOptions([...QUICK_ARGUMENTS, ...rest], QUICK), args);
    case "compare":
      return compareFiles(rest);
    case "report":
      return reportFiles(rest);
    case "doctor":
      return doctor((line) => console.log(line));
    case "gate":
      return gate((line) => console.log(line));
    default:
      if (command !== "" && !command.startsWith("--")) throw new Error(`there is no command "${command}".\n\n${USAGE}`);
      return run(readRunOptions(args), args);
  }
}

execute(process.argv.slice(2)).then(
  (succeeded) => {
    process.exitCode = succeeded ? 0 : 1;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);

/**
 * Makes a run, prints each scenario's table when it ends, and writes JSON, HTML and Markdown. The JSON is written after
 * every scenario, so that an interrupted run keeps its results. Resolves to whether every row is valid.
 */
async function run(options: RunOptions, argv: readonly string[]): Promise<boolean> {
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

/** Prints the verdicts on the targets and writes the three files of a run, or of merged runs. */
async function conclude(results: Results): Promise<void> {
  console.log(`\n${formatVerdicts(judgeTargets(results))}`);
  const files = [
    await writeResults(results),
    await writeReport(results, "html", htmlReport(results)),
    await writeReport(results, "md", markdownReport(results)),
  ];
  console.log(`\n${files.join("\n")}`);
}

/** Prints what changed between two runs beyond noise. Resolves to whether nothing got worse. */
async function compareFiles(paths: readonly string[]): Promise<boolean> {
  const [before, after, ...more] = paths;
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error("usage: npm run bench -- compare before.json after.json");
  const comparison = compare(await readResults(before), await readResults(after));
  console.log(formatComparison(comparison));
  return comparison.changes.every(({ verdict }) => verdict !== "worse");
}

/** Writes the report of one run, or of several runs merged into one. */
async function reportFiles(paths: readonly string[]): Promise<boolean> {
  if (paths.length === 0) throw new Error("usage: npm run bench -- report a.json [b.json ...]");
  await conclude(merge(await Promise.all(paths.map(readResults))));
  return true;
}
