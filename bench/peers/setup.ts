/**
 * `npm run bench:setup`: installs the packages the peers need, in this folder and by its own lockfile, and says for each
 * peer whether it can be measured here. No install script of any package is run.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bunBinary, mainVersion, packageNote } from "./installed.ts";
import { nchanMissing, nchanVersion } from "./nchan/installed.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));

const { status, error } = spawnSync("npm", ["ci", "--ignore-scripts"], {
  cwd: FOLDER,
  stdio: "inherit",
  // On Windows npm is a command file, which only a shell can start.
  shell: process.platform === "win32",
});

console.log(`ready:   ws ${mainVersion("ws")}, part of the main install`);
for (const name of ["socket.io", "sockjs", "faye", "better-sse"]) report(packageNote(name));
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
