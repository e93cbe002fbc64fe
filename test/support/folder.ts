import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new temporary folder. Disposing deletes it. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "skyrocket-test-"));

  at(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
