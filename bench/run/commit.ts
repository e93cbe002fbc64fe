import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Which commit is measured, and whether the tree differs from it; null outside a git repository. */
export function currentCommit(): { id: string; changed: boolean } | null {
  const git = (...args: readonly string[]): string | null => {
    const { status, stdout } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
    return status === 0 ? stdout.trim() : null;
  };
  const id = git("rev-parse", "--short=12", "HEAD");
  return id === null ? null : { id, changed: git("status", "--porcelain", "--untracked-files=no") !== "" };
}
