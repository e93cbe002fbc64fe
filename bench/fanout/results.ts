import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Machine } from "../measure/machine.ts";
import type { Options } from "./options.ts";
import type { Summary } from "./summary.ts";
import type { Sample } from "./window.ts";

/** Everything by which a run can be judged or repeated. */
export interface Results {
  readonly schema: 1;
  readonly started: string;
  readonly argv: readonly string[];
  readonly options: Omit<Options, "rows">;
  readonly pinned: boolean;
  readonly machine: Machine;
  readonly loadAfter: number;
  readonly rounds: readonly (readonly Sample[])[];
  readonly summaries: readonly Summary[];
}

export const RESULTS_FOLDER = fileURLToPath(new URL("../results/", import.meta.url));

/** Writes a run's JSON under its start time. Resolves to the file's path. */
export async function writeResults(results: Results): Promise<string> {
  await mkdir(RESULTS_FOLDER, { recursive: true });
  const file = `${RESULTS_FOLDER}${results.started.replaceAll(":", "-")}-fanout.json`;
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  return file;
}
