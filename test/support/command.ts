import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));
const children = new Set<ChildProcess>();

/** Kills every process that `run` started and that still runs; for `afterEach`. */
export function endAll(): void {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
}

/** Returns whether a process is running. A zombie, which has ended but was not yet reaped by its parent, is not. */
export function isRunning(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The folder of the code; default: this repository. */
  readonly checkout?: string;
  /** The script to run, relative to `checkout`; default: the server's. */
  readonly entry?: string;
  /** The user to run as; only possible if the test runs as root. */
  readonly uid?: number;
  /** The largest file it may write, in blocks of 512 bytes. */
  readonly fileBlocks?: number;
}

/**
 * Starts a script. `output` collects what it prints; `exit` resolves to its exit code, or null after a signal; `listening`
 * resolves to the URL that it prints.
 */
export function run(
  args: readonly string[],
  { env = {}, fileBlocks, checkout = CHECKOUT, entry = "src/server/main.ts", ...options }: RunOptions = {},
) {
  const words = [process.execPath, join(checkout, entry), ...args];
  const command = fileBlocks === undefined ? words : ["sh", "-c", `ulimit -f ${fileBlocks}; exec "$@"`, "sh", ...words];
  const child = spawn(command[0] ?? "", command.slice(1), {
    ...options,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  const output = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    output.out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output.err += chunk.toString();
  });
  const exit = once(child, "close").then(([code]): number | null => {
    children.delete(child);
    return typeof code === "number" ? code : null;
  });
  const listening = async (): Promise<URL> => {
    for (;;) {
      const match = /listening on (https?:\S+)/.exec(output.out);
      if (match?.[1] !== undefined) return new URL(match[1]);
      await Promise.race([once(child.stdout, "data"), exit.then(() => Promise.reject(new Error(output.err)))]);
    }
  };
  /** Kills it like `kill -9`, so that none of its handlers runs. */
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exit;
  };
  return { child, output, exit, listening, kill };
}
