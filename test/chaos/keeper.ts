import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { pick } from "../support/random.ts";
import { within } from "../support/wait.ts";
import { isTold, type Order } from "./server-talk.ts";

const PROGRAM = fileURLToPath(new URL("./server-process.ts", import.meta.url));

/** Ports from which no system takes one for an outgoing connection, which then might get the dead server's. */
const PORTS = Array.from({ length: 10_000 }, (_, n) => 20_000 + n);

/** A start, with others at work on the same processors. */
const START_MS = 120_000;

/** Keeps one server at one port, through deaths on purpose. Notices those that are not. */
export class Keeper {
  readonly port: number;
  readonly url: URL;
  readonly #file: string;
  #child: ChildProcess | null = null;
  #changing: Promise<void> = Promise.resolve();
  #awaited = false;
  /** The most memory the server was seen to use. */
  rssBytes = 0;
  connections = 0;
  /** Times it ended without having been told to, or could not start. */
  readonly crashes: string[] = [];

  private constructor(port: number, file: string) {
    this.port = port;
    this.url = new URL(`http://127.0.0.1:${port}/`);
    this.#file = file;
  }

  /** Starts it on a free port. Rejects where it can't start at all. */
  static async start(file: string): Promise<Keeper> {
    const keeper = new Keeper(await freePort(), file);
    await keeper.#start();
    return keeper;
  }

  /** Ends it as `kill -9` does, and starts it again. */
  kill(): Promise<void> {
    return this.#restart("SIGKILL");
  }

  /** Has it drain, and starts it again. */
  drain(): Promise<void> {
    return this.#restart("SIGTERM");
  }

  order(order: Order): void {
    // One that is just dying need not be told.
    if (this.#child?.connected === true) this.#child.send(order, () => undefined);
  }

  /** Resolves when it is running. */
  async running(): Promise<void> {
    await this.#changing;
  }

  async end(): Promise<void> {
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
    this.#awaited = true;
    const exited = once(child, "exit");
    child.kill(signal);
    try {
      await within("the server's end", exited, START_MS);
    } catch {
      this.crashes.push("The server did not end within 30 s of being told to drain.");
      child.kill("SIGKILL");
      await exited;
    }
    this.#child = null;
  }

  async #start(): Promise<void> {
    this.#awaited = false;
    const child = fork(PROGRAM, [String(this.port), this.#file], {
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#child = child;
    let words = "";
    const note = (bytes: Buffer): void => {
      words = (words + bytes.toString()).slice(-4_000);
    };
    child.stdout?.on("data", note);
    child.stderr?.on("data", note);
    const listening = Promise.withResolvers<void>();
    child.on("message", (told) => {
      if (!isTold(told)) return;
      if (told.kind === "listening") return listening.resolve();
      this.rssBytes = Math.max(this.rssBytes, told.rssBytes);
      this.connections = told.connections;
    });
    child.on("exit", (code, signal) => {
      if (this.#awaited) return;
      this.#child = null;
      this.crashes.push(`The server ended by itself (${code ?? signal}): ${words}`);
      // The next restart that is planned starts it again; the verdict tells of the crash.
      listening.reject(new Error("it ended at once"));
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
