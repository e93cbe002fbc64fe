import type { ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Memory, readTreeResident } from "../../bench/measure/process-tree.ts";
import { ask, startNode, stopChild } from "../../bench/measure/server-process.ts";
import type { ServerOptions } from "../../src/server/server.ts";
import { until, within } from "../support/wait.ts";

const SCRIPT = fileURLToPath(new URL("./server.ts", import.meta.url));
const PROBE = fileURLToPath(new URL("../../bench/measure/probe.ts", import.meta.url));

export interface Counts {
  readonly rooms: number;
  readonly sessions: number;
  readonly connections: number;
  readonly timers: number;
}

/** A server in its own process, with its counts and its memory. */
export class LoadServer implements AsyncDisposable {
  readonly url: URL;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: URL) {
    this.#child = child;
    this.url = url;
  }

  static async start(options: ServerOptions, nodeArgs: readonly string[] = []): Promise<LoadServer> {
    const all = { rateLimit: false, log: "error", ...options };
    const script = [...nodeArgs, "--expose-gc", "--import", PROBE, SCRIPT, JSON.stringify(all)];
    const child = startNode(script, { cpu: null }, "pipe");
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    const url = await until("the server to listen", () => /listening on (\S+)/.exec(output)?.[1] ?? null);
    return new LoadServer(child, new URL(url));
  }

  async counts(): Promise<Counts> {
    const { promise, resolve } = Promise.withResolvers<Counts>();
    const onMessage = (message: unknown): void => {
      if (isCounts(message)) resolve(message);
    };
    this.#child.on("message", onMessage);
    this.#child.send("counts");
    try {
      return await within("the server's counts", promise);
    } finally {
      this.#child.off("message", onMessage);
    }
  }

  /** Collects garbage. Resolves to the memory in use after that. */
  async memory(): Promise<Pick<Memory, "heapBytes" | "rssBytes">> {
    const { heapBytes } = await ask(this.#child, "memory", isMemory);
    return { heapBytes, rssBytes: await this.resident() };
  }

  /** Resolves to the resident bytes, without collecting garbage. */
  async resident(): Promise<number> {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("the server's process was never started");
    return readTreeResident(pid);
  }

  /** Open files of its process, connections among them. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length;
  }

  /** null while it runs; -1 if a signal ended it. */
  get exitCode(): number | null {
    return this.#child.signalCode === null ? this.#child.exitCode : -1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopChild(this.#child);
  }
}

function isCounts(value: unknown): value is Counts {
  return typeof value === "object" && value !== null && "type" in value && value.type === "counts";
}

/** Checks only `type`: the answer comes from the bench's own probe. */
function isMemory(value: unknown): value is { readonly heapBytes: number } {
  return typeof value === "object" && value !== null && "type" in value && value.type === "memory";
}
