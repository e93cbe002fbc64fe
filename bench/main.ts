/** The command `npm run bench`: every transport beside the floors, and beside what people would use instead. */
import { compareFiles, reportFiles } from "./commands/files.ts";
import { RUN_USAGE, readRunOptions } from "./commands/options.ts";
import { QUICK, QUICK_ARGUMENTS } from "./commands/quick.ts";
import { run } from "./commands/run.ts";
import { doctor } from "./doctor/doctor.ts";
import { gate } from "./gate/ratios.ts";

const USAGE = `npm run bench -- [command] [options]

  (none)                  every scenario, every row that can run here
  quick                   a whole picture in under a minute, with wide intervals
  compare a.json b.json   what changed beyond noise
  report a.json [b.json]  the HTML and Markdown report of one run, or of several together
  doctor                  whether this machine and this harness can be believed
  gate                    fails when a ratio to the floors is above its budget

${RUN_USAGE}`;

/** Resolves to whether all is well. */
async function obey(args: readonly string[]): Promise<boolean> {
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

obey(process.argv.slice(2)).then(
  (well) => {
    process.exitCode = well ? 0 : 1;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
