import { ProtocolError } from "../protocol/errors.ts";

/**
 * What can be wrong with a store. `foreign`: not usable as it is, and trying again can't help. Its file belongs to another
 * program, its name is no file, a file's mode is too open, or Redis is unsuitable.
 */
export type StoreFault = "full" | "locked" | "read_only" | "unreachable" | "damaged" | "foreign" | "newer" | "lost";

/** Ms after which a client tries again when the store could not store its data. */
const RETRY_MS = 5_000;

/** A store that can't be opened or used. Its message is one line: what happened, to which file, what to do. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreFault;

  constructor(code: StoreFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Returns the message for the operator. `detail` comes from SQLite, the system or the schema. */
export function explain(fault: StoreFault, file: string, detail: string): string {
  switch (fault) {
    case "full":
      return `There is no space left to write ${file} (${detail}). Free some on its disk, or name a file elsewhere with --store sqlite:FILE.`;
    case "locked":
      return `${file} is in use by another process (${detail}). Stop that one, or name another file with --store sqlite:FILE.`;
    case "read_only":
      return `${file} may not be written by this user (${detail}). Give the user the right to write it and its folder, or name another file with --store sqlite:FILE.`;
    case "unreachable":
      return `${file} can't be opened or read (${detail}). Check its folder and its disk, or name another file with --store sqlite:FILE.`;
    case "damaged":
      return `${file} is damaged or no SQLite file (${detail}). Move it away, with the -wal beside it, and start again, or restore it from a backup.`;
    case "lost":
      return `${file} was deleted, moved or replaced while the server runs (${detail}). Nothing more is stored. Put it back, or restart the server to continue with the file that is there.`;
    case "foreign":
      return `${file} belongs to another program (${detail}). Name another file with --store sqlite:FILE.`;
    case "newer":
      return `${file} was written by a newer version (${detail}). Start that version, or name another file with --store sqlite:FILE.`;
  }
}

/** Returns the refusal that clients get: whether to try again, and neither paths nor other details of the machine. */
export function storeRefusal(error: StoreError): ProtocolError {
  const details = { retryAfterMs: RETRY_MS, cause: error };
  if (error.code === "damaged") return new ProtocolError("internal", details);
  return new ProtocolError("overloaded", {
    message: "The store can't be used at the moment. Nothing was stored; send it again later.",
    ...details,
  });
}

/** Returns the system's code of an error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Converts an error of the file system into one that explains what it means for a store. */
export function fileError(file: string, error: unknown): StoreError {
  const code = codeOf(error);
  const detail = code ?? (error instanceof Error ? error.message : String(error));
  const fault = faultOf(code);
  return new StoreError(fault, explain(fault, file, detail), error);
}

function faultOf(code: string | undefined): StoreFault {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return "full";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "read_only";
    default:
      return "unreachable";
  }
}
