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
  /** The CPU to stay on; null: wherever the system puts it. */
  readonly cpu: number | null;
  /** Options for Node itself, before the script. */
  readonly nodeArgs?: readonly string[];
}

/** A server under measurement, in a process of its own. All numbers are of the process and its descendants. */
export interface ServerProcess {
  readonly url: URL;
  cpuTime(): Promise<CpuTime>;
  /** Collects the server's garbage first, which stops it for some ms: not while something is timed. */
  memory(): Promise<Memory>;
  /** Resident bytes as they are, without a collection. */
  resident(): Promise<number>;
  /** Asks it to end and resolves when it has. After `STOP_MS` it is killed. */
  stop(): Promise<void>;
}

const PROBE = ["--expose-gc", "--import", fileURLToPath(new URL("./probe.ts", import.meta.url))];
const START_MS = 60_000;
const STOP_MS = 20_000;

/** Starts a Node script, bound to one CPU if asked. Its messages come over the channel of `node:child_process`. */
export function startNode(script: readonly string[], options: StartOptions, output: "pipe" | "inherit"): ChildProcess {
  const node = [process.execPath, ...(options.nodeArgs ?? []), ...script];
  // taskset replaces itself by the command, so the process id is the server's own.
  const command = options.cpu === null ? node : ["taskset", "-c", String(options.cpu), ...node];
  return spawn(command[0] ?? process.execPath, command.slice(1), { stdio: ["ignore", output, "inherit", "ipc"] });
}

/** Starts a server and resolves when it has printed the address it listens on. Rejects if it ends, or stays silent for `START_MS`. */
export async function startServerProcess(script: readonly string[], options: StartOptions): Promise<ServerProcess> {
  const child = startNode(script, { ...options, nodeArgs: [...(options.nodeArgs ?? []), ...PROBE] }, "pipe");
  try {
    const url = await addressOf(child, script.join(" "));
    return {
      url,
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

/** Ends a process in good order, or by force after `STOP_MS`. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  const force = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  child.kill("SIGTERM");
  await exited;
  clearTimeout(force);
}

async function addressOf(child: ChildProcess, what: string): Promise<URL> {
  if (child.stdout === null) throw new Error(`${what} was started without a readable output`);
  const limit = setTimeout(() => child.kill("SIGKILL"), START_MS);
  try {
    for await (const line of createInterface(child.stdout)) {
      const address = /listening on (\S+)/i.exec(line)?.[1];
      if (address !== undefined) {
        child.stdout.resume();
        return new URL(address);
      }
    }
  } finally {
    clearTimeout(limit);
  }
  throw new Error(`${what} ended, or was silent for ${START_MS / 1_000} s, before it said where it listens`);
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
  // The heap of a wrapper says nothing about the server behind it.
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

/** The probe is this bench's own: what kind of answer it is tells enough of its shape. */
function isResident(value: unknown): value is { readonly rssBytes: number } {
  return typeof value === "object" && value !== null && "type" in value && value.type === "resident";
}

function isMemory(value: unknown): value is Memory {
  return typeof value === "object" && value !== null && "type" in value && value.type === "memory";
}

/** A server at its limit may be seconds late; one that is silent for longer will not answer at all. */
const ANSWER_MS = 30_000;

/**
 * Asks the probe in a server's process and resolves to its answer. Rejects when the process ends first or says nothing
 * for `ANSWER_MS`. Questions of different kinds may be under way together.
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
  const onExit = (): void => reject(new Error(`the server's process ended before it told its ${question}`));
  const late = setTimeout(() => {
    reject(new Error(`the server's process did not tell its ${question} within ${ANSWER_MS / 1_000} s`));
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
