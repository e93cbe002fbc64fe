/** `npm start` with a log in a temporary SQLite file. Passes its arguments on. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "skyrocket-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.argv.push("--store", `sqlite:${join(folder, "log.db")}`);
await import("../../src/server/main.ts");
