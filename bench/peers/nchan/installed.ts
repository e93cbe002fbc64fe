/** Where nginx and nchan are on this machine, if they are. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const MODULE = "ngx_nchan_module.so";
const MODULE_FOLDERS = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/nginx/modules"];
/** A normal user's PATH often lacks the places where system binaries are. */
const BINARY_FOLDERS = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];

/** The path of the nginx binary; null if there is none. */
export function nginxBinary(): string | null {
  return firstExisting(BINARY_FOLDERS, "nginx");
}

/** The path of nchan as a dynamic module of nginx; null if there is none. */
export function nchanModule(): string | null {
  return firstExisting(MODULE_FOLDERS, MODULE);
}

/** Why nchan can't run here and what installs it, in one line; null when it can. */
export function nchanMissing(): string | null {
  const lacking = [
    ...(nginxBinary() === null ? ["there is no nginx"] : []),
    ...(nchanModule() === null ? [`nginx has no ${MODULE}`] : []),
  ];
  return lacking.length === 0
    ? null
    : `${lacking.join(" and ")}: install both with \`apt-get install nginx-light libnginx-mod-nchan\``;
}

/** "nginx 1.22.1, nchan 1:1.3.6+dfsg-2"; nchan doesn't tell its version, so the package manager is asked. */
export function nchanVersion(): string {
  const nginx = /nginx\/(\S+)/.exec(output(nginxBinary() ?? "nginx", ["-v"]))?.[1] ?? "of unknown version";
  const nchan = /^Version: (\S+)/m.exec(output("dpkg", ["--status", "libnginx-mod-nchan"]))?.[1];
  return `nginx ${nginx}, nchan ${nchan ?? "of unknown version"}`;
}

function firstExisting(folders: readonly string[], name: string): string | null {
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** What a command prints, on either output; empty if it can't be run. */
function output(command: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? `${stdout}${stderr}`.trim() : "";
}
