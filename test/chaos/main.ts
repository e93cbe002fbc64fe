import { OptionError, type Options, readOptions, USAGE } from "./options.ts";
import { ALL_TRANSPORTS, runChaos } from "./run.ts";
import { isClean, printed } from "./verdict.ts";

/** Exit code for invalid options. */
const BAD_USAGE = 2;

const options = optionsOrExit();
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const servers = options.nodes === 0 ? "" : `${options.nodes} servers on one Redis, `;
print(`seed ${options.seed}, ${options.forMs / 1_000} s, ${servers}${options.transports.join(", ")}`);
const verdict = await runChaos({ ...options, progress: print });
print(`\n${printed(verdict)}`);
process.exitCode = isClean(verdict) ? 0 : 1;

function optionsOrExit(): Options {
  try {
    const read = readOptions(process.argv.slice(2), ALL_TRANSPORTS, () => Math.floor(Math.random() * 1_000_000));
    if (read !== "help") return read;
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(BAD_USAGE);
  }
}
