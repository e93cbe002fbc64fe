import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Folder } from "../../support/folder.ts";
import { until } from "../../support/wait.ts";
import { insistOnHttp1 } from "./http1.ts";
import { pathOf } from "./needs.ts";
import { freePort, isTaken } from "./ports.ts";
import type { Program } from "./program.ts";

/** After so long without an end, a process that was asked to end is made to. */
const END_MS = 5_000;
const ATTEMPTS = 3;

/** A proxy of someone else's, running as a child of this process in a folder of its own. */
export class RunningProxy implements AsyncDisposable {
  readonly url: URL;
  readonly folder: Folder;
  readonly #child: ChildProcess;
  readonly #endSignal: NodeJS.Signals;
  #output = "";
  #ended: string | null = null;

  private constructor(url: URL, folder: Folder, child: ChildProcess, endSignal: NodeJS.Signals) {
    this.url = url;
    this.folder = folder;
    this.#child = child;
    this.#endSignal = endSignal;
    const take = (chunk: Buffer): void => {
      this.#output += chunk.toString();
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.on("error", (error) => {
      this.#ended ??= error.message;
    });
    child.on("exit", (code, signal) => {
      this.#ended ??= `exit code ${code ?? signal}`;
    });
  }

  /** Starts it before the server at `upstream` and resolves when it takes connections. */
  static async start(program: Program, upstream: URL, configuration = program.recommended): Promise<RunningProxy> {
    if (program.scheme === "https") await insistOnHttp1();
    for (let attempt = 1; ; attempt += 1) {
      const proxy = await RunningProxy.#launch(program, upstream, configuration);
      const { port } = proxy.url;
      const state = await until(`${program.tool.name} to take connections`, async () => {
        if (proxy.#ended !== null) return "ended";
        return (await isTaken(Number(port))) && "ready";
      });
      if (state === "ready") return proxy;
      const { output } = proxy;
      await proxy[Symbol.asyncDispose]();
      // The port was free a moment ago; someone may have been quicker.
      const outrun = /address already in use/i.test(output);
      if (!outrun || attempt === ATTEMPTS) throw new Error(`${program.tool.name} did not start: ${output}`);
    }
  }

  /** What it has printed. */
  get output(): string {
    return this.#ended === null ? this.#output : `${this.#output}(${this.#ended})`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode, pid } = this.#child;
    if (exitCode === null && signalCode === null && pid !== undefined) {
      const gone = once(this.#child, "exit");
      this.#child.kill(this.#endSignal);
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_MS);
      await gone;
      clearTimeout(timer);
    }
    this.folder[Symbol.dispose]();
  }

  static async #launch(program: Program, upstream: URL, configuration: string): Promise<RunningProxy> {
    const folder = new Folder();
    const port = await freePort();
    const place = { folder: folder.path, port, upstream: Number(upstream.port) };
    const { files, words, environment = {} } = program.launch(configuration, place);
    for (const [name, text] of Object.entries(files)) writeFileSync(folder.at(name), text);
    const child = spawn(pathOf(program.tool), [...words, ...(program.words ?? [])], {
      cwd: folder.path,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new RunningProxy(new URL(`${program.scheme}://127.0.0.1:${port}/`), folder, child, program.endSignal);
  }
}
