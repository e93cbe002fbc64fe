import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mutation } from "./contract.ts";
import { apply } from "./edit.ts";
import { Sources } from "./sources.ts";

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A copy of the working tree, uncommitted changes included, that may be broken. Disposing deletes it. */
export class Tree implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "skyrocket-mutations-"));
  readonly #sources: Sources;

  constructor() {
    const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: ROOT });
    for (const file of listed.toString().split("\0")) {
      const from = join(ROOT, file);
      // Git lists files that were deleted but not committed.
      if (file === "" || !existsSync(from)) continue;
      mkdirSync(dirname(join(this.path, file)), { recursive: true });
      cpSync(from, join(this.path, file));
    }
    symlinkSync(join(ROOT, "node_modules"), join(this.path, "node_modules"));
    this.#sources = new Sources(this.path);
  }

  /** Applies a mutation to the copy. Returns a function that undoes it. */
  mutate(mutation: Mutation): () => void {
    const { path, text } = apply(mutation, this.#sources);
    const file = join(this.path, path);
    const before = readFileSync(file, "utf8");
    writeFileSync(file, text);
    return () => writeFileSync(file, before);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
