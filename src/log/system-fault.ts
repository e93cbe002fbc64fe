import type { StoreFault } from "./store-error.ts";

/** The system's code of an error, as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** What an error of the file system means for a store. */
export function systemFault(error: unknown): { fault: StoreFault; detail: string } {
  const code = codeOf(error);
  const detail = code ?? (error instanceof Error ? error.message : String(error));
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return { fault: "full", detail };
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return { fault: "read_only", detail };
    default:
      return { fault: "unreachable", detail };
  }
}
