/** Installs Debian packages without starting their services. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";

/** invoke-rc.d and deb-systemd-invoke run this before they start a service; exit code 101 forbids it. See invoke-rc.d(8). */
const POLICY = "/usr/sbin/policy-rc.d";
const NEVER = "#!/bin/sh\n# Placed by npm run setup while it runs.\nexit 101\n";

/** Returns why this process can't install packages, or null if it can. */
export function reasonAgainst(): string | null {
  if (process.platform !== "linux" || spawnSync("apt-get", ["--version"]).status !== 0)
    return "this machine has no apt-get";
  return process.getuid?.() === 0 ? null : "installing needs root";
}

/** Fetches the package lists. Resolves to whether that succeeded. */
export function refresh(): Promise<boolean> {
  return aptGet(["update"]);
}

/** Installs the packages, and refreshes outdated package lists first if needed. Resolves to whether that succeeded. */
export function install(packages: readonly string[]): Promise<boolean> {
  const words = ["install", "--yes", "--no-install-recommends", ...packages];
  return withoutServices(async () => (await aptGet(words)) || ((await refresh()) && (await aptGet(words))));
}

/** Returns whether this machine's init system starts installed services at its next boot. */
export function startsServicesAtBoot(): boolean {
  return existsSync("/run/systemd/system");
}

/** Returns whether the current package lists have this package. */
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
 * Runs `task` without letting services start. A package with a service starts it when it is installed; an unwanted web
 * server would then listen on port 80. Leaves an existing policy unchanged.
 */
async function withoutServices<Result>(task: () => Promise<Result>): Promise<Result> {
  if (existsSync(POLICY)) return task();
  // An interrupt ends apt-get, which is in the same foreground group. This process stays to clean up.
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
