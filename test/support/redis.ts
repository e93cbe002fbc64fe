import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { createClient } from "@redis/client";
import { redis } from "../../scripts/setup/tools.ts";
import { pathOf } from "../proxies/support/needs.ts";
import { Folder } from "./folder.ts";
import { until } from "./wait.ts";

/** Settings of redis.conf by name, quoted as in that file. A list becomes one line for each item. */
export type RedisConfig = Readonly<Record<string, string | readonly string[]>>;

/** No persistence; and no eviction, which the store requires. */
const DEFAULTS: RedisConfig = {
  bind: "127.0.0.1",
  save: '""',
  appendonly: "no",
  "maxmemory-policy": "noeviction",
  // Answers a new replica at once instead of collecting others for 5 s.
  "repl-diskless-sync-delay": "0",
};

/**
 * Ports below the ephemeral range of Linux, macOS and Windows. A client that reconnects to a port of that range while
 * the server is down can be given the port as its own: it is then connected to itself, and the server can't restart.
 */
const PORTS = { from: 10_000, to: 32_000 };
const MOST_ATTEMPTS = 50;

/** A command to a server that is stopped or gone fails after this time. */
const COMMAND_MS = 30_000;

interface Settings {
  readonly config?: RedisConfig;
}

/**
 * A redis-server on loopback with a folder of its own. Disposing it ends the process and deletes the folder. Tests that
 * need one are in `describeWith("…", [redis], …)`, which skips them if the machine has none, and fails them in CI.
 */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: Folder;
  readonly #password: string;
  readonly #sentinel: boolean;
  #child: ChildProcess | null = null;
  #output = "";

  private constructor(port: number, config: RedisConfig, sentinel: boolean) {
    this.port = port;
    this.#folder = new Folder();
    this.#sentinel = sentinel;
    this.#password = typeof config["requirepass"] === "string" ? config["requirepass"] : "";
    // Written once: a sentinel keeps its state in this file, and its restart continues with it.
    writeFileSync(this.#configFile, configText({ ...config, port: String(port), dir: this.#folder.path }));
  }

  /** Starts a server on a free port. Resolves when it answers PING; a replica, when it has its primary's data. */
  static async start({ config = {}, replicaOf }: Settings & { replicaOf?: RedisServer } = {}): Promise<RedisServer> {
    const primary: RedisConfig = replicaOf === undefined ? {} : { replicaof: `127.0.0.1 ${replicaOf.port}` };
    const server = await RedisServer.#startOnFreePort({ ...DEFAULTS, ...primary, ...config }, false);
    if (replicaOf !== undefined) {
      await until("the replica's first copy", async () =>
        /^master_link_status:up\r?$/m.test(String(await server.command("INFO", "replication"))),
      );
    }
    return server;
  }

  static async #startOnFreePort(config: RedisConfig, sentinel: boolean): Promise<RedisServer> {
    for (let attempt = 1; ; attempt += 1) {
      const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
      const server = new RedisServer(port, config, sentinel);
      try {
        await server.#run();
        return server;
      } catch (error) {
        await server[Symbol.asyncDispose]();
        if (attempt === MOST_ATTEMPTS || !(error instanceof PortTaken)) throw error;
      }
    }
  }

  /** Starts a sentinel. Resolves when it knows the primary's replicas, so that it can fail over to one. */
  static async startSentinel({
    primary,
    name,
    quorum = 1,
    downAfterMs = 1_000,
    config = {},
  }: Settings & {
    readonly primary: RedisServer;
    /** The name that clients ask for. */
    readonly name: string;
    readonly quorum?: number;
    readonly downAfterMs?: number;
  }): Promise<RedisServer> {
    const replication = String(await primary.command("INFO", "replication"));
    const replicas = Number(/^connected_slaves:([0-9]+)/m.exec(replication)?.[1]);
    const password = primary.#password === "" ? [] : [`auth-pass ${name} ${primary.#password}`];
    const sentinel = await RedisServer.#startOnFreePort(
      {
        bind: "127.0.0.1",
        sentinel: [
          `monitor ${name} 127.0.0.1 ${primary.port} ${quorum}`,
          `down-after-milliseconds ${name} ${downAfterMs}`,
          `failover-timeout ${name} 5000`,
          ...password,
        ],
        ...config,
      },
      true,
    );
    await until(`the sentinel to know ${replicas} replicas`, async () => {
      const known = await sentinel.command("SENTINEL", "REPLICAS", name);
      return Array.isArray(known) && known.length >= replicas;
    });
    return sentinel;
  }

  /** Its address, with the password of `requirepass`. */
  get url(): string {
    const credentials = this.#password === "" ? "" : `:${encodeURIComponent(this.#password)}@`;
    return `redis://${credentials}127.0.0.1:${this.port}`;
  }

  /** Throws while it is not running. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("this redis-server is not running");
    return pid;
  }

  /** What it has printed since its last start: its log. */
  get output(): string {
    return this.#output;
  }

  /** Sends a signal. Resolves when the process has ended, or at once if the signal only stops or continues it. */
  async kill(signal: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT" = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const ends = signal === "SIGKILL" || signal === "SIGTERM";
    const ended = ends ? once(child, "exit") : null;
    child.kill(signal);
    await ended;
  }

  /** Starts it again on the same port, with its folder and the configuration of its start. Kills it first if it runs. */
  async restart(): Promise<void> {
    await this.kill();
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#run();
        return;
      } catch (error) {
        // Another connection of this machine may use the port for a short time.
        if (attempt === MOST_ATTEMPTS || !(error instanceof PortTaken)) throw error;
      }
    }
  }

  /** Changes a setting until the next restart. */
  async config(name: string, value: string): Promise<void> {
    await this.command("CONFIG", "SET", name, value);
  }

  /** Sends one command on a connection of its own. Rejects with Redis' error, and while it is not running. */
  async command(...words: readonly string[]): Promise<unknown> {
    const client = createClient({
      socket: { host: "127.0.0.1", port: this.port, reconnectStrategy: false, connectTimeout: COMMAND_MS },
      ...(this.#password === "" ? {} : { password: this.#password }),
      RESP: 2,
      disableClientInfo: true,
      maintNotifications: "disabled",
    });
    const { promise: failed, reject } = Promise.withResolvers<never>();
    failed.catch(() => undefined);
    client.on("error", reject);
    const late = setTimeout(() => reject(new Error(`no reply to ${words[0]} in ${COMMAND_MS} ms`)), COMMAND_MS);
    try {
      await Promise.race([client.connect(), failed]);
      return await Promise.race([client.sendCommand([...words]), failed]);
    } finally {
      clearTimeout(late);
      client.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.#folder[Symbol.dispose]();
  }

  get #configFile(): string {
    return this.#folder.at("redis.conf");
  }

  /** Resolves when it answers PING. Rejects with PortTaken, or with its output if it ends for another reason. */
  async #run(): Promise<void> {
    const words = [this.#configFile, ...(this.#sentinel ? ["--sentinel"] : [])];
    const child = spawn(pathOf(redis), words, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#output = "";
    killWithThisProcess(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    child.once("exit", () => {
      if (this.#child === child) this.#child = null;
    });
    const failed = once(child, "close").then((): never => {
      if (/Address already in use|Failed listening on port/.test(this.#output)) throw new PortTaken();
      throw new Error(`redis-server ended at its start:\n${this.#output}`);
    });
    failed.catch(() => undefined);
    const hasEnded = (): boolean => this.#child !== child;
    await until(`redis-server on port ${this.port}`, async () => hasEnded() || (await this.#answers(child)));
    if (hasEnded()) await failed;
  }

  /** Resolves to whether this process answers on the port, and not another one. */
  async #answers(child: ChildProcess): Promise<boolean> {
    try {
      await this.command("PING");
      return String(await this.command("INFO", "server")).includes(`process_id:${child.pid}\r\n`);
    } catch {
      // Not listening yet, or loading its data.
      return false;
    }
  }
}

/** Kills a child when this process dies, by whatever signal: only then a pipe closes that a shell reads. */
function killWithThisProcess(child: ChildProcess): void {
  const stdio: StdioOptions = ["pipe", "ignore", "ignore"];
  const watcher = spawn("/bin/sh", ["-c", 'read -r _; kill -9 "$0"', String(child.pid)], { stdio, detached: true });
  child.once("exit", () => watcher.kill("SIGKILL"));
  watcher.unref();
  // A pipe is a socket, which Node's types don't know.
  if (watcher.stdin instanceof Socket) watcher.stdin.unref();
}

class PortTaken extends Error {}

function configText(config: RedisConfig): string {
  return Object.entries(config)
    .flatMap(([name, value]) => (typeof value === "string" ? [value] : value).map((each) => `${name} ${each}\n`))
    .join("");
}
