import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));
const children = new Set<ChildProcess>();

/** Ends every process that was run and is still there; for `afterEach`. */
export function endAll(): void {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
}

/** Whether a process is there and has not ended: one whose parent does not ask for it is a zombie. */
export function isRunning(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Where the code is; default: here. */
  readonly checkout?: string;
  /** What is run, from the checkout's root; default: the command. */
  readonly entry?: string;
  /** User to run as, where the test itself runs as root. */
  readonly uid?: number;
  /** The largest file it may write, in blocks of 512 bytes. */
  readonly fileBlocks?: number;
}

/** Runs the command; `output` grows, `exit` resolves to the exit code. */
export function run(
  args: readonly string[],
  { env = {}, fileBlocks, checkout = CHECKOUT, entry = "src/server/main.ts", ...options }: Surroundings = {},
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
  /** What `kill -9` does: no handler of the process runs. */
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exit;
  };
  return { child, output, exit, listening, kill };
}
