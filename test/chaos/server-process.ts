import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { pick } from "../support/random.ts";
import { within } from "../support/wait.ts";

/** What the run sends to its server. */
export type Order =
  | { readonly kind: "block"; readonly forMs: number }
  | { readonly kind: "jump"; readonly byMs: number }
  | { readonly kind: "count" };

/** What the server sends back. */
export type Report =
  | { readonly kind: "listening" }
  | {
      readonly kind: "counts";
      readonly connections: number;
      readonly sessions: number;
      readonly rssBytes: number;
    };

const PROGRAM = fileURLToPath(new URL("./server-main.ts", import.meta.url));

/** Ports below every system's ephemeral range, so that no outgoing connection takes the port while the server restarts. */
const PORTS = Array.from({ length: 10_000 }, (_, n) => 20_000 + n);

/** How long a start or an end may take on a busy machine. */
const START_MS = 120_000;

/** Runs one server on one port and restarts it on request. Records each end that was not requested. */
export class ServerProcess implements AsyncDisposable {
  readonly port: number;
  readonly url: URL;
  /** A SQLite file, or the address of a Redis. */
  readonly #store: string;
  #child: ChildProcess | null = null;
  #changing: Promise<void> = Promise.resolve();
  #isEnding = false;
  /** The server's highest resident memory. */
  rssBytes = 0;
  connections = 0;
  /** Unrequested ends and failed starts. */
  readonly crashes: string[] = [];

  private constructor(port: number, store: string) {
    this.port = port;
    this.url = new URL(`http://127.0.0.1:${port}/`);
    this.#store = store;
  }

  /** Starts it on a free port. Rejects if it does not start. */
  static async start(store: string): Promise<ServerProcess> {
    const server = new ServerProcess(await freePort(), store);
    await server.#start();
    return server;
  }

  /** Kills it with SIGKILL and starts it again. */
  kill(): Promise<void> {
    return this.#restart("SIGKILL");
  }

  /** Lets it drain and starts it again. */
  drain(): Promise<void> {
    return this.#restart("SIGTERM");
  }

  order(order: Order): void {
    // A server that is ending has no use for the order.
    if (this.#child?.connected === true) this.#child.send(order, () => undefined);
  }

  /** Stops the process until `thaw`. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Resolves when it is running. */
  async running(): Promise<void> {
    await this.#changing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#changing;
    await this.#end("SIGKILL");
  }

  #restart(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    this.#changing = this.#changing.then(async () => {
      await this.#end(signal);
      try {
        await this.#start();
      } catch (error) {
        this.crashes.push(`The server did not start again: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
    return this.#changing;
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#isEnding = true;
    const exited = once(child, "exit");
    child.kill(signal);
    try {
      await within("the server's end", exited, START_MS);
    } catch {
      this.crashes.push(`The server did not end within ${START_MS / 1_000} s of ${signal}.`);
      child.kill("SIGKILL");
      await exited;
    }
    this.#child = null;
  }

  async #start(): Promise<void> {
    this.#isEnding = false;
    const child = fork(PROGRAM, [String(this.port), this.#store], {
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#child = child;
    let output = "";
    const note = (bytes: Buffer): void => {
      output = (output + bytes.toString()).slice(-4_000);
    };
    child.stdout?.on("data", note);
    child.stderr?.on("data", note);
    const listening = Promise.withResolvers<void>();
    child.on("message", (report) => {
      if (!isReport(report)) return;
      if (report.kind === "listening") return listening.resolve();
      this.rssBytes = Math.max(this.rssBytes, report.rssBytes);
      this.connections = report.connections;
    });
    child.on("exit", (code, signal) => {
      if (this.#isEnding) return;
      this.#child = null;
      this.crashes.push(`The server ended by itself (${code ?? signal}): ${output}`);
      // The next planned restart starts it again. The verdict lists the crash.
      listening.reject(new Error("it ended before it listened"));
    });
    await within("the server's start", listening.promise, START_MS);
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = pick(PORTS, Math.random);
    const probe = createServer();
    try {
      probe.listen(port, "127.0.0.1");
      await once(probe, "listening");
      return port;
    } catch {
    } finally {
      probe.close();
    }
  }
}

function kindOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
}

export function isOrder(value: unknown): value is Order {
  const kind = kindOf(value);
  return kind === "block" || kind === "jump" || kind === "count";
}

export function isReport(value: unknown): value is Report {
  const kind = kindOf(value);
  return kind === "listening" || kind === "counts";
}
