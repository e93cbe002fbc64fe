/** Programs of other projects that tests use, and how to find each on this machine. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A program, or a module of one. */
export interface Tool {
  readonly name: string;
  /** Debian packages that contain it. The first one in the machine's package lists is installed. */
  readonly packages: readonly string[];
  /** Returns the program's path, or null if it is missing. */
  find(): string | null;
}

/** A normal user's PATH often lacks the folders of system programs. */
const FOLDERS = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];

function program(name: string): string | null {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** Returns a Python that has `websockets`: Debian's, even if another Python is first on the PATH. */
function pythonWithWebsockets(): string | null {
  const pythons = ["/usr/bin/python3", program("python3")].filter((path) => path !== null && existsSync(path));
  return pythons.find((path) => spawnSync(path ?? "", ["-c", "import websockets"]).status === 0) ?? null;
}

export const nginx: Tool = { name: "nginx", packages: ["nginx-light", "nginx"], find: () => program("nginx") };
export const haproxy: Tool = { name: "haproxy", packages: ["haproxy"], find: () => program("haproxy") };
export const caddy: Tool = { name: "caddy", packages: ["caddy"], find: () => program("caddy") };
export const varnish: Tool = { name: "varnish", packages: ["varnish"], find: () => program("varnishd") };
export const curl: Tool = { name: "curl", packages: ["curl"], find: () => program("curl") };
export const firefox: Tool = { name: "firefox-esr", packages: ["firefox-esr"], find: () => program("firefox-esr") };
/** The environment variable REDIS_SERVER replaces the one on the PATH. */
export const redis: Tool = {
  name: "redis-server",
  packages: ["redis-server"],
  find() {
    const named = process.env["REDIS_SERVER"];
    if (named === undefined) return program("redis-server");
    return existsSync(named) ? named : null;
  },
};
export const pythonWebsockets: Tool = {
  name: "python3-websockets",
  packages: ["python3-websockets"],
  find: pythonWithWebsockets,
};

export const TOOLS: readonly Tool[] = [nginx, haproxy, caddy, varnish, curl, pythonWebsockets, firefox, redis];
