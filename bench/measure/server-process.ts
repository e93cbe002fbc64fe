/** Child processes: started, bound to a CPU, asked for their CPU time and memory, and stopped. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  type CpuTime,
  canReadOthers,
  type Memory,
  processTree,
  readTreeCpuTime,
  readTreeResident,
} from "./process-tree.ts";

export interface StartOptions {
  /** The CPU to run on; null lets the system choose. */
  readonly cpu: number | null;
  /** Options of Node itself. */
  readonly nodeArgs?: readonly string[];
}

/** A server under measurement. CPU time and resident bytes include its child processes if `canReadOthers`. */
export interface ServerProcess {
  readonly url: URL;
  /** What it printed after its address. A server of several processes describes them there. */
  readonly details: string;
  cpuTime(): Promise<CpuTime>;
  /**
   * Collects garbage first, which blocks the server for some ms: don't call it during a timed window. Only the process that
   * was started collects, not a server that it only wraps.
   */
  memory(): Promise<Memory>;
  /** Returns resident bytes without collecting garbage. */
  resident(): Promise<number>;
  /** Sends SIGTERM, and SIGKILL after `STOP_MS`. Resolves when the process has ended. */
  stop(): Promise<void>;
}

const PROBE = ["--expose-gc", "--import", fileURLToPath(new URL("./probe.ts", import.meta.url))];
const START_MS = 120_000;
const STOP_MS = 20_000;

/** Starts a Node script with an IPC channel, bound to one CPU if `cpu` is given. */
export function startNode(script: readonly string[], options: StartOptions, output: "pipe" | "inherit"): ChildProcess {
  const node = [process.execPath, ...(options.nodeArgs ?? []), ...script];
  // taskset replaces itself with the command, so the process id is the server's own.
  const command = options.cpu === null ? node : ["taskset", "-c", String(options.cpu), ...node];
  return spawn(command[0] ?? process.execPath, command.slice(1), { stdio: ["ignore", output, "inherit", "ipc"] });
}

/** Starts a server. Resolves when it prints the address it listens on. Rejects if it ends first, or after `START_MS`. */
export async function startServerProcess(script: readonly string[], options: StartOptions): Promise<ServerProcess> {
  const child = startNode(script, { ...options, nodeArgs: [...(options.nodeArgs ?? []), ...PROBE] }, "pipe");
  try {
    const { url, details } = await addressOf(child, script.join(" "));
    return {
      url,
      details,
      cpuTime: () => cpuTimeOf(child),
      memory: () => memoryOf(child),
      resident: () => residentOf(child),
      stop: () => stopChild(child),
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** Sends SIGTERM to a process, and SIGKILL after `STOP_MS`. Resolves when it has ended. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  const force = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  child.kill("SIGTERM");
  await exited;
  clearTimeout(force);
}

async function addressOf(child: ChildProcess, what: string): Promise<Pick<ServerProcess, "url" | "details">> {
  if (child.stdout === null) throw new Error(`${what} was started without a readable output`);
  const limit = setTimeout(() => child.kill("SIGKILL"), START_MS);
  try {
    for await (const line of createInterface(child.stdout)) {
      const [, address, details = ""] = /listening on (\S+)(.*)/i.exec(line) ?? [];
      if (address !== undefined) {
        child.stdout.resume();
        return { url: new URL(address), details: details.trim() };
      }
    }
  } finally {
    clearTimeout(limit);
  }
  throw new Error(`${what} ended, or ran for ${START_MS / 1_000} s, without printing the address it listens on`);
}

async function cpuTimeOf(child: ChildProcess): Promise<CpuTime> {
  return canReadOthers ? readTreeCpuTime(pidOf(child)) : ask(child, "cpu", isCpuTime);
}

async function residentOf(child: ChildProcess): Promise<number> {
  return canReadOthers ? readTreeResident(pidOf(child)) : (await ask(child, "resident", isResident)).rssBytes;
}

async function memoryOf(child: ChildProcess): Promise<Memory> {
  const own = await ask(child, "memory", isMemory);
  if (!canReadOthers) {
    return { rssBytes: own.rssBytes, heapBytes: own.heapBytes, youngBytes: own.youngBytes };
  }
  const pid = pidOf(child);
  // A process with children is only a wrapper: its heap is not the server's.
  const alone = processTree(pid).length === 1;
  return {
    rssBytes: readTreeResident(pid),
    heapBytes: alone ? own.heapBytes : null,
    youngBytes: alone ? own.youngBytes : null,
  };
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error("the server's process was never started");
  return pid;
}

function isCpuTime(value: unknown): value is CpuTime {
  return typeof value === "object" && value !== null && "total" in value && "user" in value && "system" in value;
}

/** Checks only `type`: the answer comes from our own probe.ts, so its other fields can be trusted. */
function isResident(value: unknown): value is { readonly rssBytes: number } {
  return typeof value === "object" && value !== null && "type" in value && value.type === "resident";
}

function isMemory(value: unknown): value is Memory {
  return typeof value === "object" && value !== null && "type" in value && value.type === "memory";
}

/** A server at its limit may answer seconds late. After this time it won't answer at all. */
const ANSWER_MS = 120_000;

/**
 * Asks the probe in a server's process and resolves to its answer. Rejects if the process ends first, or after
 * `ANSWER_MS`. Different questions may be pending at the same time.
 */
export async function ask<Answer>(
  child: ChildProcess,
  question: "cpu" | "resident" | "memory",
  isAnswer: (value: unknown) => value is Answer,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const onMessage = (message: unknown): void => {
    if (isAnswer(message)) resolve(message);
  };
  const onExit = (): void => reject(new Error(`the server's process ended before it answered "${question}"`));
  const late = setTimeout(() => {
    reject(new Error(`the server's process did not answer "${question}" within ${ANSWER_MS / 1_000} s`));
  }, ANSWER_MS);
  child.on("message", onMessage);
  child.once("exit", onExit);
  child.send(question, (error) => {
    if (error !== null) reject(error);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    child.off("message", onMessage);
    child.off("exit", onExit);
  }
}
