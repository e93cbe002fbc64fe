/**
 * `npm run bench:setup`: installs the peers' packages in this folder, by its own lockfile, and prints for each peer whether
 * it can be measured here. It runs no install script of any package.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bunBinary, installedVersion, nchanMissing, nchanVersion, packageNote } from "./installed.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));

const { status, error } = spawnSync("npm", ["ci", "--ignore-scripts"], {
  cwd: FOLDER,
  stdio: "inherit",
  // On Windows npm is a command file, which only a shell can start.
  shell: process.platform === "win32",
});

console.log(`ready:   ws ${installedVersion("ws")}, part of the main install`);
const ADAPTERS = ["@socket.io/redis-streams-adapter", "@socket.io/redis-adapter"];
for (const name of ["socket.io", ...ADAPTERS, "sockjs", "faye", "better-sse"]) report(packageNote(name));
report(bunNote());
report(nchanNote());

if (status !== 0) {
  console.error(`npm ci in ${FOLDER} failed${error === undefined ? "" : `: ${error.message}`}; see its output above.`);
  process.exitCode = 1;
}

interface Note {
  readonly version: string | null;
  readonly missing: string | null;
}

function report({ version, missing }: Note): void {
  console.log(missing === null ? `ready:   ${version}` : `missing: ${missing}`);
}

function bunNote(): Note {
  const note = packageNote("bun");
  if (note.missing !== null || bunBinary() !== null) return note;
  return { ...note, missing: `Bun has no binary for ${process.platform} on ${process.arch}` };
}

function nchanNote(): Note {
  const missing = nchanMissing();
  return { missing, version: missing === null ? nchanVersion() : null };
}
