import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PEERS = new URL("./node_modules/", import.meta.url);
const MAIN = new URL("../../node_modules/", import.meta.url);

/** The version of a package that `npm run bench:setup` installs; null where it isn't installed. */
export function peerVersion(name: string): string | null {
  return versionIn(PEERS, name);
}

/** The version of a package of the main install. Throws where that is broken. */
export function mainVersion(name: string): string {
  const version = versionIn(MAIN, name);
  if (version === null) throw new Error(`${name} is part of the main install and is not there; run \`npm ci\``);
  return version;
}

/** What a row says of the package it needs: which was measured, or why it can't be. */
export function packageNote(name: string): { readonly version: string | null; readonly missing: string | null } {
  const version = peerVersion(name);
  if (version === null) return { version, missing: notInstalled(name) };
  return { version: `${name} ${version}`, missing: null };
}

export function notInstalled(name: string): string {
  return `${name} is not installed; \`npm run bench:setup\` installs it`;
}

/**
 * Where this platform's Bun lies; null where it isn't installed. The `bun` package would link to it in an install
 * script; the binaries come as packages of their own, so no script has to run.
 */
export function bunBinary(platform: string = process.platform, arch: string = process.arch): string | null {
  const system = platform === "win32" ? "windows" : platform;
  const file = platform === "win32" ? "bun.exe" : "bun";
  const cpu = arch === "arm64" ? "aarch64" : arch;
  const packages = [`bun-${system}-${cpu}`, `bun-${system}-${cpu}-musl`];
  const paths = packages.map((name) => fileURLToPath(new URL(`@oven/${name}/bin/${file}`, PEERS)));
  return paths.find(existsSync) ?? null;
}

function versionIn(folder: URL, name: string): string | null {
  const file = new URL(`${name}/package.json`, folder);
  if (!existsSync(file)) return null;
  const about: unknown = JSON.parse(readFileSync(file, "utf8"));
  const version = typeof about === "object" && about !== null && "version" in about ? about.version : undefined;
  if (typeof version === "string") return version;
  throw new TypeError(`${fileURLToPath(file)} has no version; install it anew by \`npm run bench:setup\``);
}
