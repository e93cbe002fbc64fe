import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Results } from "../results.ts";

export const RESULTS_FOLDER = fileURLToPath(new URL("../results/", import.meta.url));

/** A run's file without its ending: its start time, so that runs sort by age. */
export function stampOf({ started }: Pick<Results, "started">): string {
  return started.replaceAll(":", "-").replace(/\..*$/, "");
}

/** Writes a run's JSON under its start time, over an earlier state of the same run. Resolves to the file's path. */
export async function writeResults(results: Results): Promise<string> {
  return write(`${stampOf(results)}.json`, `${JSON.stringify(results)}\n`);
}

export async function writeReport(results: Results, ending: "html" | "md", text: string): Promise<string> {
  return write(`${stampOf(results)}.${ending}`, text);
}

/** Reads a file written by `writeResults`. Throws an Error that says what is wrong with it. */
export async function readResults(path: string): Promise<Results> {
  const value = parse(await readFile(path, "utf8"));
  if (isResults(value)) return value;
  throw new Error(`${path} is not the result of a run of this version of the bench (schema 2)`);
}

/** Parsed JSON; undefined, which JSON can't say, when it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function write(name: string, text: string): Promise<string> {
  await mkdir(RESULTS_FOLDER, { recursive: true });
  await writeFile(`${RESULTS_FOLDER}${name}`, text);
  return `${RESULTS_FOLDER}${name}`;
}

/** The schema's number stands for its shape: the file is this bench's own. */
function isResults(value: unknown): value is Results {
  return typeof value === "object" && value !== null && "schema" in value && value.schema === 2;
}
