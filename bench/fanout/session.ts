import { Generator } from "../generator/client.ts";
import { startServerProcess } from "../measure/child.ts";
import { seededRandom, shuffled } from "../statistics/random.ts";
import type { Options } from "./options.ts";
import { RESULTS_FOLDER } from "./results.ts";
import type { Row } from "./rows.ts";
import { explain } from "./validity.ts";
import { measureWindow, type Opened, type Sample } from "./window.ts";

const SERVER_CPU = 0;
const GENERATOR_CPU = 1;
/** Faster than any server: the generator then publishes as soon as the last reader has the message before. */
const AS_FAST_AS_IT_GOES = 100_000;

export function profileFolder(row: Row): string {
  return `${RESULTS_FOLDER}profiles/${row.name}`;
}

/**
 * Starts all servers, opens all readers, warms up, and measures every row once in each round. The servers stay up and
 * the readers connected throughout; between its windows a row is idle. Ends every process it started, also when it fails.
 */
export async function measureRounds(
  options: Options,
  pinned: boolean,
  say: (line: string) => void,
): Promise<Sample[][]> {
  const generator = new Generator(pinned ? GENERATOR_CPU : null);
  const opened: Opened[] = [];
  try {
    for (const row of options.rows) {
      opened.push(await openRow(generator, row, options, pinned));
      const warm = { type: "run", row: row.name, broadcasts: options.warmUp, perSecond: AS_FAST_AS_IT_GOES } as const;
      const { elapsedMs } = await generator.run(warm);
      say(
        `${row.name}: ${options.readers} readers, ${options.warmUp} broadcasts to warm up in ${(elapsedMs / 1_000).toFixed(1)} s`,
      );
    }
    return await inRounds(generator, opened, options, say);
  } finally {
    await generator.stop();
    await Promise.all(opened.map(({ server }) => server.stop()));
  }
}

async function openRow(
  generator: Generator,
  row: Row,
  { readers, profile }: Options,
  pinned: boolean,
): Promise<Opened> {
  const nodeArgs = profile ? ["--cpu-prof", `--cpu-prof-dir=${profileFolder(row)}`] : [];
  const server = await startServerProcess(row.server(readers), { cpu: pinned ? SERVER_CPU : null, nodeArgs });
  const { name, reader, publisher, sessions } = row;
  try {
    await generator.open({ type: "open", row: name, url: server.url.href, reader, publisher, readers, sessions });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { row, server };
}

async function inRounds(
  generator: Generator,
  opened: readonly Opened[],
  { rounds, seconds, pace, seed }: Options,
  say: (line: string) => void,
): Promise<Sample[][]> {
  const random = seededRandom(seed);
  const measured: Sample[][] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const samples: Sample[] = [];
    for (const each of shuffled(opened, random)) samples.push(await measureWindow(generator, each, seconds, pace));
    measured.push(samples);
    const cells = samples.map(
      ({ row, cpu, invalid }) => `${row} ${invalid === null ? cpu.toFixed(2) : explain(invalid)}`,
    );
    say(`round ${round}/${rounds}: ${cells.join(" · ")}`);
  }
  return measured;
}
