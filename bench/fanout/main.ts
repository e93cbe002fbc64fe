/** The command `npm run bench:fanout`: what one delivery costs the server, beside the floors, in one run. */
import { loadavg } from "node:os";
import { canPin, describeMachine } from "../measure/machine.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { hotSpots } from "./profile.ts";
import { writeResults } from "./results.ts";
import { measureRounds, profileFolder } from "./session.ts";
import { summarise } from "./summary.ts";
import { formatTable } from "./table.ts";
import type { Sample } from "./window.ts";

const HOT_SPOTS = 25;

function options(args: readonly string[]): Options | null {
  try {
    if (!args.includes("--help")) return readOptions(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
  console.log(USAGE);
  return null;
}

function printProfiles({ rows }: Options, rounds: readonly (readonly Sample[])[]): void {
  for (const row of rows) {
    const spans = rounds.flatMap((round) => round.filter((sample) => sample.row === row.name).map(({ span }) => span));
    console.log(`\n${row.title}: own time of functions while measured, idle left out`);
    for (const { name, share } of hotSpots(profileFolder(row), spans, HOT_SPOTS))
      console.log(`  ${(share * 100).toFixed(1).padStart(5)} %  ${name}`);
  }
}

async function bench(chosen: Options): Promise<void> {
  const started = new Date().toISOString();
  const machine = describeMachine();
  const pinned = canPin();
  console.log(
    `${machine.cpu}, ${machine.cores} CPUs, ${machine.system}, Node ${machine.versions.node}, load ${machine.load.toFixed(2)}`,
  );
  console.log(
    pinned ? "Servers on CPU 0, load generator on CPU 1 (taskset)." : "Not bound to CPUs: expect more noise.",
  );
  const rounds = await measureRounds(chosen, pinned, (line) => console.log(line));
  const summaries = summarise(chosen.rows, rounds, chosen.seed);
  console.log(`\n${formatTable(summaries)}`);
  if (chosen.profile) printProfiles(chosen, rounds);
  const { rows: _rows, ...settings } = chosen;
  const [loadAfter = 0] = loadavg();
  const argv = process.argv.slice(2);
  const file = await writeResults({
    schema: 1,
    started,
    argv,
    options: settings,
    pinned,
    machine,
    loadAfter,
    rounds,
    summaries,
  });
  console.log(`\nRaw rounds: ${file}`);
  if (summaries.some((summary) => summary.kind === "invalid")) process.exitCode = 1;
}

const chosen = options(process.argv.slice(2));
if (chosen !== null) {
  await bench(chosen).catch((error: unknown) => {
    console.error(`The run broke off, and has no result. ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  });
}
