import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { apply, type Mutation } from "./contract.ts";

/** Where the product stands. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A copy of the tree as it is now, committed or not, that may be broken. It goes with its disposal. */
export class Tree implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "skyrocket-mutations-"));

  constructor() {
    const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: ROOT });
    for (const file of listed.toString().split("\0")) {
      const from = join(ROOT, file);
      // A file that was deleted and not committed is listed still.
      if (file === "" || !existsSync(from)) continue;
      mkdirSync(dirname(join(this.path, file)), { recursive: true });
      cpSync(from, join(this.path, file));
    }
    symlinkSync(join(ROOT, "node_modules"), join(this.path, "node_modules"));
  }

  /** Breaks it; the answer mends it again. */
  mutate(mutation: Mutation): () => void {
    const file = join(this.path, mutation.file);
    const text = readFileSync(file, "utf8");
    writeFileSync(file, apply(mutation, text));
    return () => writeFileSync(file, text);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
