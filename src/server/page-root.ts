import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The page could not be built. */
export class PageError extends Error {
  override readonly name = "PageError";
}

const HERE = dirname(fileURLToPath(import.meta.url));

/**
 * Resolves to the folder of the built page. The published package contains it. A checkout builds it, in a few seconds, if it
 * is missing or older than its sources. Rejects with PageError.
 */
export async function pageRoot(): Promise<string> {
  const packaged = join(HERE, "../../../public");
  if (existsSync(join(packaged, "index.html")) && !existsSync(join(HERE, "main.ts"))) return packaged;
  const checkout = join(HERE, "../..");
  const built = join(checkout, "dist/public");
  if (isStale(built, checkout)) await build(checkout, built);
  return built;
}

/** Compares the built page with its sources: its own folder and what it imports. */
function isStale(built: string, checkout: string): boolean {
  const index = join(built, "index.html");
  if (!existsSync(index)) return true;
  const builtAt = statSync(index).mtimeMs;
  const sources = ["public", "lab", "src/client", "src/protocol", "src/transports", "bench/statistics"].map((folder) =>
    join(checkout, folder),
  );
  return sources.some((folder) => newest(folder) > builtAt);
}

function newest(folder: string): number {
  let latest = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  }
  return latest;
}

/** Builds in a temporary folder, so that servers which start together never see half a page. */
async function build(checkout: string, built: string): Promise<void> {
  process.stderr.write("Building the page …\n");
  const dist = dirname(built);
  mkdirSync(dist, { recursive: true });
  const aside = mkdtempSync(join(dist, "page-"));
  try {
    await runVite(checkout, "production", join(aside, "new"));
    await runVite(checkout, "lab", join(aside, "new/lab"));
    replaceFolder(built, join(aside, "new"), join(aside, "old"));
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** Replaces `target` with `fresh`, unless another process did so first, from the same sources. */
function replaceFolder(target: string, fresh: string, old: string): void {
  if (existsSync(target)) moveIgnoring(["ENOENT"], target, old);
  moveIgnoring(["ENOTEMPTY", "EEXIST"], fresh, target);
}

/** Moves a folder. Does nothing if that fails with one of these codes. */
function moveIgnoring(codes: readonly string[], from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && codes.includes(String(error.code)))) throw error;
  }
}

function runVite(checkout: string, mode: string, into: string): Promise<void> {
  const vite = join(checkout, "node_modules/vite/bin/vite.js");
  if (!existsSync(vite)) throw new PageError("The page is not built and Vite is not installed. Run `npm ci` first.");
  return new Promise((resolve, reject) => {
    const args = [vite, "build", "--mode", mode, "--logLevel", "warn", "--outDir", into, "--emptyOutDir"];
    const child = spawn(process.execPath, args, { cwd: checkout, stdio: ["ignore", 2, 2] });
    child.on("error", (error) => reject(new PageError(`The page could not be built: ${error.message}`)));
    child.on("exit", (code) => {
      if (code === 0) resolve();
      else reject(new PageError(`The page could not be built: Vite exited with ${code}. See its output above.`));
    });
  });
}
