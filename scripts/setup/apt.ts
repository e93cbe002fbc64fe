/** Installing Debian packages without starting what they bring. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";

/** Asked by invoke-rc.d and deb-systemd-invoke before they start a service; 101 forbids it. See invoke-rc.d(8). */
const POLICY = "/usr/sbin/policy-rc.d";
const NEVER = "#!/bin/sh\n# Placed by npm run setup for as long as it runs.\nexit 101\n";

/** Whether packages can be installed by this process; else why not. */
export function whyNot(): string | null {
  if (process.platform !== "linux" || spawnSync("apt-get", ["--version"]).status !== 0)
    return "there is no apt-get here";
  return process.getuid?.() === 0 ? null : "it takes root";
}

/** Fetches the package lists; the answer is whether that went well. */
export function refresh(): Promise<boolean> {
  return aptGet(["update"]);
}

/** Installs the packages; the answer is whether that went well. Package lists that are out of date are fetched anew. */
export function install(packages: readonly string[]): Promise<boolean> {
  const words = ["install", "--yes", "--no-install-recommends", ...packages];
  return withoutServices(async () => (await aptGet(words)) || ((await refresh()) && (await aptGet(words))));
}

/** Whether this machine's init system will start at its next boot what was installed. */
export function bootsServices(): boolean {
  return existsSync("/run/systemd/system");
}

/** Whether the package lists, as they are, have this package. */
export function isKnown(name: string): boolean {
  const { status, stdout } = spawnSync("apt-cache", ["policy", name], { encoding: "utf8" });
  return status === 0 && /^ +Candidate: (?!\(none\))/m.test(stdout);
}

async function aptGet(words: readonly string[]): Promise<boolean> {
  const child = spawn("apt-get", words, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" },
  });
  const [status] = await once(child, "close");
  return status === 0;
}

/**
 * Runs `task` with services kept from starting. A package that brings a service starts it when it is installed, and a
 * web server that nobody asked for would then listen on port 80. A policy that is already there stays as it is.
 */
async function withoutServices<Result>(task: () => Promise<Result>): Promise<Result> {
  if (existsSync(POLICY)) return task();
  // An interrupt ends apt-get, which is in the same foreground group, and then comes back here to clean up.
  const wait = (): void => undefined;
  process.on("SIGINT", wait);
  process.on("SIGTERM", wait);
  writeFileSync(POLICY, NEVER, { mode: 0o755, flag: "wx" });
  try {
    return await task();
  } finally {
    rmSync(POLICY);
    process.off("SIGINT", wait);
    process.off("SIGTERM", wait);
  }
}
