import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";

export interface BuiltPage {
  readonly root: string;
  remove(): void;
}

/** Builds the chat page and the lab page into a new folder, so that test workers don't overwrite each other's. */
export async function buildPage(): Promise<BuiltPage> {
  const root = mkdtempSync(join(tmpdir(), "skyrocket-page-"));
  await build({ logLevel: "error", build: { outDir: root, emptyOutDir: true } });
  await build({ mode: "lab", logLevel: "error", build: { outDir: join(root, "lab"), emptyOutDir: true } });
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}
