/**
 * `npm run cluster`: a Redis and three nodes on this machine, behind a proxy that sends each request to the next node.
 * PORT sets the proxy's port.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { NodeProxy } from "./cluster/node-proxy.ts";
import { redis } from "./setup/tools.ts";

const NODES = 3;
const PORT = 3_000;
const SERVER = fileURLToPath(new URL("../src/server/main.ts", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "skyrocket-cluster-"));
const nodes: ChildProcess[] = [];
let server: ChildProcess | null = null;
let proxy: NodeProxy | null = null;
let ending = false;

process.on("exit", () => {
  for (const child of [...nodes, server]) child?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(0));
await start().catch(fail);

async function start(): Promise<void> {
  const program = redis.find();
  if (program === null) {
    throw new Error("There is no redis-server. Install it with npm run setup, or name one in REDIS_SERVER.");
  }
  const redisPort = await freePort();
  const settings = {
    port: redisPort,
    bind: "127.0.0.1",
    dir: folder,
    logfile: "redis.log",
    appendonly: "yes",
    save: "",
  };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  server = run("Redis", program, words);
  const store = `redis://127.0.0.1:${redisPort}`;
  const urls: URL[] = [];
  for (let index = 0; index < NODES && !ending; index += 1) urls.push(await startNode(index, store));
  if (ending) return;
  proxy = await NodeProxy.start(urls, Number(process.env["PORT"] ?? PORT));
  console.log(`Skyrocket is listening on ${proxy.url}`);
  for (const [index, { href }] of urls.entries()) console.log(`  ${nameOf(index)}: ${href} (pid ${nodes[index]?.pid})`);
  console.log(`  Redis:  ${store} (pid ${server.pid})`);
  console.log("Each request goes to the next node. Kill a node and see. Ctrl+C ends everything.");
}

function nameOf(index: number): string {
  return `Node ${index + 1}`;
}

/** Resolves to a node's address. */
function startNode(index: number, store: string): Promise<URL> {
  const name = nameOf(index);
  const node = run(name, process.execPath, [
    ...[...process.execArgv, SERVER, "--port", "0", "--store", store, "--no-lab"],
    ...["--host", "127.0.0.1", "--trust-proxy", "127.0.0.1", "--metrics", "loopback", "--workers", "1"],
  ]);
  nodes.push(node);
  node.once("exit", () => proxy?.skip(index));
  return addressOf(name, node);
}

/** Starts a program. Ctrl+C does not reach it: this process ends it, in order. */
function run(name: string, program: string, words: readonly string[]): ChildProcess {
  const child = spawn(program, words, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  const onEnd = (how: unknown): void => {
    const line = `${name} has ended (${how}).`;
    if (proxy === null) fail(new Error(line));
    else if (!ending) console.log(line);
  };
  child.once("error", ({ message }) => onEnd(message));
  child.once("exit", (code, signal) => onEnd(signal ?? code));
  return child;
}

/** Resolves to the address that a node prints. Prints its log from then on. */
function addressOf(name: string, { stdout }: ChildProcess): Promise<URL> {
  if (stdout === null) throw new TypeError("The output of a node is a pipe.");
  return new Promise((resolve) => {
    createInterface({ input: stdout }).on("line", (line) => {
      const address = /^Skyrocket is listening on (\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(new URL(address));
      else if (line.startsWith("{")) console.log(`${name}: ${line}`);
    });
  });
}

/** Ends everything with a line, unless it ends already. */
function fail(error: Error): void {
  if (ending) return;
  console.error(error.message);
  void end(1);
}

/** Ends the nodes, which drain, then Redis, then this process. A second call ends all at once. */
async function end(code: number): Promise<void> {
  if (ending) process.exit(1);
  ending = true;
  await Promise.all(nodes.map(stop));
  if (server !== null) await stop(server);
  process.exit(code);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new TypeError("The probe listens on TCP.");
  return address.port;
}
