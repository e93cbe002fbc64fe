import { randomBytes } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { codeOf, fileError, StoreError } from "./store-error.ts";

/** Users who are neither the owner nor in the file's group. Kubernetes gives a volume's files to a group (`fsGroup`). */
const OTHERS = 0o007;

/** The least length of `--secret`. */
const LEAST_CHARACTERS = 16;

/**
 * Returns the secret in a file, created if there is none, so that sessions outlive the process as rooms do. Throws
 * StoreError if the file can't be read or created, or if other users could read it.
 */
export function storedSecret(file: string): string {
  try {
    const made = randomBytes(32).toString("hex");
    try {
      // Never overwrites: two processes that start at once both use what the first one wrote.
      writeFileSync(file, `${made}\n`, { mode: 0o600, flag: "wx" });
      return made;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
    return readSecret(file);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw fileError(file, error);
  }
}

function readSecret(file: string): string {
  const mode = statSync(file).mode & 0o777;
  if (process.platform !== "win32" && (mode & OTHERS) !== 0) {
    throw new StoreError(
      "foreign",
      `${file}, which signs sessions, is open to other users (mode ${mode.toString(8)}). Run \`chmod 600\` on it, or delete it to end all sessions.`,
    );
  }
  const secret = readFileSync(file, "utf8").trim();
  if (secret.length >= LEAST_CHARACTERS) return secret;
  throw new StoreError(
    "damaged",
    `${file}, which signs sessions, holds fewer than ${LEAST_CHARACTERS} characters. Put a copy in its place, or delete it to end all sessions.`,
  );
}
