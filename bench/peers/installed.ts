/** Which peers are installed on this machine: packages of this folder, of the main install, Bun, and nginx with nchan. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const PEERS = new URL("./node_modules/", import.meta.url);
const MAIN = new URL("../../node_modules/", import.meta.url);

/** Returns the version of a package that `npm run bench:setup` installs, or null if it isn't installed. */
export function peerVersion(name: string): string | null {
  return versionIn(PEERS, name);
}

/** Returns the version of a package of the main install. Throws if it is missing there. */
export function installedVersion(name: string): string {
  const version = versionIn(MAIN, name);
  if (version === null) throw new Error(`${name} is missing in the main install; run \`npm ci\``);
  return version;
}

/** Returns a row's note on the package it needs: the version, or why the row can't be measured. */
export function packageNote(name: string): { readonly version: string | null; readonly missing: string | null } {
  const version = peerVersion(name);
  if (version === null) return { version, missing: notInstalled(name) };
  return { version: `${name} ${version}`, missing: null };
}

export function notInstalled(name: string): string {
  return `${name} is not installed; \`npm run bench:setup\` installs it`;
}

/**
 * Returns the path of this platform's Bun, or null if it isn't installed. The `bun` package would link to it in an
 * install script. The binaries are packages of their own, so no script has to run.
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
  throw new TypeError(`${fileURLToPath(file)} has no version; reinstall it with \`npm run bench:setup\``);
}

const MODULE = "ngx_nchan_module.so";
const MODULE_FOLDERS = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/nginx/modules"];
/** A normal user's PATH often lacks the folders of system binaries. */
const BINARY_FOLDERS = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];

/** Returns the path of nginx, or null if there is none. */
export function nginxBinary(): string | null {
  return firstExisting(BINARY_FOLDERS, "nginx");
}

/** Returns the path of nchan as a dynamic module of nginx, or null if there is none. */
export function nchanModule(): string | null {
  return firstExisting(MODULE_FOLDERS, MODULE);
}

/** Returns why nchan can't run here and what installs it, or null if it can run. */
export function nchanMissing(): string | null {
  const lacking = [
    ...(nginxBinary() === null ? ["there is no nginx"] : []),
    ...(nchanModule() === null ? [`nginx has no ${MODULE}`] : []),
  ];
  return lacking.length === 0
    ? null
    : `${lacking.join(" and ")}: install both with \`apt-get install nginx-light libnginx-mod-nchan\``;
}

/** Returns "nginx 1.22.1, nchan 1:1.3.6+dfsg-2". nchan has no version command, so this asks the package manager. */
export function nchanVersion(): string {
  const nginx = /nginx\/(\S+)/.exec(output(nginxBinary() ?? "nginx", ["-v"]))?.[1] ?? "of unknown version";
  const nchan = /^Version: (\S+)/m.exec(output("dpkg", ["--status", "libnginx-mod-nchan"]))?.[1];
  return `nginx ${nginx}, nchan ${nchan ?? "of unknown version"}`;
}

function firstExisting(folders: readonly string[], name: string): string | null {
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** Returns a command's output and errors, or an empty text if it can't be run. */
function output(command: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? `${stdout}${stderr}`.trim() : "";
}
