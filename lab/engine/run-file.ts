import { readRun } from "./file-reading.ts";
import { RunFileError } from "./file-values.ts";
import { withoutSessions } from "./redact-sessions.ts";
import type { Run } from "./run.ts";

/** No file of a run is larger: what is opened has to fit into a page's memory. */
export const MAX_RUN_FILE_BYTES = 33_554_432;

/**
 * The file of a run: JSON, in which sessions are replaced by as many other characters and times are whole microseconds.
 * Throws RunFileError where it would be too large.
 */
export function runFile(run: Run): string {
  const text = `${JSON.stringify(readRun(withoutSessions(run)), brief)}\n`;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= MAX_RUN_FILE_BYTES) return text;
  throw new RunFileError(
    `The run would be a file of ${mebibytes(bytes)}. At most ${mebibytes(MAX_RUN_FILE_BYTES)} can be opened again: record less, or at a lower rate.`,
  );
}

/** No clock here is finer, and the digits behind would be a tenth of the file. */
function brief(name: string, value: unknown): unknown {
  return (name === "at" || name === "heldMs") && typeof value === "number" ? Math.round(value * 1_000) / 1_000 : value;
}

/** The run in a file's text. Throws RunFileError, which says what is wrong with it and where. */
export function openRunFile(text: string): Run {
  const bytes = text.length > MAX_RUN_FILE_BYTES ? text.length : new TextEncoder().encode(text).length;
  if (bytes > MAX_RUN_FILE_BYTES) {
    throw new RunFileError(
      `The file has ${mebibytes(bytes)}. A run has at most ${mebibytes(MAX_RUN_FILE_BYTES)}: choose another file.`,
    );
  }
  return readRun(parse(text));
}

/** The same for a file that is still to be read: one that is too large is not. */
export async function openRunBlob(file: Blob): Promise<Run> {
  if (file.size > MAX_RUN_FILE_BYTES) {
    throw new RunFileError(
      `The file has ${mebibytes(file.size)}. A run has at most ${mebibytes(MAX_RUN_FILE_BYTES)}: choose another file.`,
    );
  }
  return openRunFile(await file.text());
}

/** What to call a run's file: its title and when it began, without anything a file system minds. */
export function runFileName({ title, startedAt }: Pick<Run, "title" | "startedAt">): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 48);
  const when = new Date(startedAt).toISOString().slice(0, 19).replaceAll(":", "-");
  return `skyrocket-${words === "" ? "run" : words}-${when}.json`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RunFileError("The file is no JSON. Choose one that the laboratory has saved.", { cause });
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
