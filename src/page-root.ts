import { spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The page could not be built. */
export class PageError extends Error {
  override readonly name = "PageError";
}

const HERE = dirname(fileURLToPath(import.meta.url));

/**
 * The folder of the built page. In the published package it stands beside the code; in a checkout it is built first
 * when it is missing or older than its sources, which takes a few seconds.
 */
export async function pageRoot(): Promise<string> {
  const packaged = join(HERE, "../public");
  if (existsSync(join(packaged, "index.html")) && !existsSync(join(HERE, "main.ts"))) return packaged;
  const checkout = dirname(HERE);
  const built = join(checkout, "dist/public");
  if (isStale(built, checkout)) await build(checkout);
  return built;
}

/** What the page is made of: its own folder, and what it imports. */
function isStale(built: string, checkout: string): boolean {
  const index = join(built, "index.html");
  if (!existsSync(index)) return true;
  const builtAt = statSync(index).mtimeMs;
  const sources = ["public", "src/client", "src/lab", "src/protocol", "src/transports", "bench/statistics"].map(
    (folder) => join(checkout, folder),
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

function build(checkout: string): Promise<void> {
  process.stderr.write("Building the page …\n");
  const vite = join(checkout, "node_modules/vite/bin/vite.js");
  if (!existsSync(vite)) throw new PageError("The page is not built and Vite is not installed. Run `npm ci` first.");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vite, "build", "--logLevel", "warn"], {
      cwd: checkout,
      stdio: ["ignore", 2, 2],
    });
    child.on("error", (error) => reject(new PageError(`The page could not be built: ${error.message}`)));
    child.on("exit", (code) => {
      if (code === 0) resolve();
      else reject(new PageError(`The page could not be built: Vite ended with ${code}. Its message stands above.`));
    });
  });
}
