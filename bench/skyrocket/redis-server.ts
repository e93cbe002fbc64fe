/**
 * One Redis and several nodes on it, as child processes: they end with the bench and leave no file behind. Redis is
 * started again when it ends, as by a service manager; a node is not.
 *
 * Arguments: the number of nodes; whether readers read at `all` of them or at every `other` than the first; whether a node
 * reaches Redis `direct` or `relayed`; then the Node options, script and arguments of each node, in which `{redis}` is the
 * port of its Redis.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { redis } from "../../scripts/setup/tools.ts";
import { HOST, isAnswering, type NodesDetails, untilAnswering } from "./nodes.ts";

/** Below the ephemeral range: a client that reconnects to a port of that range can be given the port as its own. */
const PORTS = { from: 10_000, to: 32_000 };
const MOST_ATTEMPTS = 20;

const RELAY = fileURLToPath(new URL("../deaths/relay.ts", import.meta.url));
const [count = "1", readers = "all", way = "direct", ...nodeArguments] = process.argv.slice(2);
const binary = redis.find();
if (binary === null) throw new Error("redis-server is missing: install it with `apt-get install redis-server`");

const folder = mkdtempSync(join(tmpdir(), "skyrocket-redis-"));
const children = new Set<ChildProcess>();
let stopping = false;
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
// The channel closes when the bench ends, however it ends.
process.on("disconnect", stop);

const server = await startRedis(binary);
const nodes = await Promise.all(Array.from({ length: Number(count) }, () => startNode(server.port)));
const [first] = nodes;
if (first === undefined) throw new RangeError("there must be a node");
const urls = nodes.map(({ url }) => url);
const places =
  readers === "other" ? { readAt: urls.slice(1), publishAt: urls.slice(0, 1) } : { readAt: urls, publishAt: urls };
const details: NodesDetails = { redis: server, nodes, ...places };
console.log(`nodes on Redis are listening on ${first.url} ${JSON.stringify(details)}`);

/** Ends the children first, and then this process, since Redis uses the folder that is deleted at its exit. */
function stop(): void {
  if (stopping) return;
  stopping = true;
  for (const child of children) {
    child.kill("SIGTERM");
    // A relay that SIGSTOP has stopped handles SIGTERM only after SIGCONT.
    child.kill("SIGCONT");
  }
  if (children.size === 0) process.exit(0);
}

function started(child: ChildProcess, onExit: () => void = () => {}): ChildProcess {
  children.add(child);
  child.once("exit", () => {
    children.delete(child);
    if (!stopping) onExit();
    else if (children.size === 0) process.exit(0);
  });
  return child;
}

/** Starts Redis as docs/operations.md configures it. Resolves when it answers. */
async function startRedis(path: string): Promise<NodesDetails["redis"]> {
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    // Another Redis would answer in place of this one.
    if (await isAnswering(port)) continue;
    const config = ["--bind", HOST, "--port", String(port), "--dir", folder, "--save", ""];
    const durable = ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"];
    const run = (): ChildProcess => spawn(path, [...config, ...durable], { stdio: "ignore" });
    const child = run();
    const { promise: ended, resolve } = Promise.withResolvers<false>();
    let again = (): void => resolve(false);
    const restart = (): void => again();
    started(child, restart);
    if (!(await Promise.race([ended, untilAnswering(port).then(() => true)]))) continue;
    again = () => void started(run(), restart);
    return { port, pid: child.pid ?? 0 };
  }
  throw new Error(`redis-server did not start on any of ${MOST_ATTEMPTS} ports`);
}

async function startNode(redisPort: number): Promise<NodesDetails["nodes"][number]> {
  const relay = way === "relayed" ? await startScript([RELAY, String(redisPort)]) : null;
  const port = relay === null ? String(redisPort) : new URL(relay.url).port;
  const node = await startScript(nodeArguments.map((argument) => argument.replace("{redis}", port)));
  return { ...node, relay: relay?.pid ?? null };
}

/** Starts a Node script. Resolves when it prints the address it listens on. */
async function startScript(script: readonly string[]): Promise<{ url: string; pid: number }> {
  // A node that is killed leaves its temporary files behind: they are deleted with this folder.
  const env = { ...process.env, TMPDIR: folder };
  const child = started(spawn(process.execPath, script, { stdio: ["ignore", "pipe", "inherit"], env }));
  if (child.stdout === null) throw new Error(`${script.join(" ")} was started without a readable output`);
  const ended = once(child, "exit").then(() => {
    throw new Error(`${script.join(" ")} ended before it listened`);
  });
  return Promise.race([ended, addressOf(child.stdout).then((url) => ({ url, pid: child.pid ?? 0 }))]);
}

async function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(output)) {
    const url = /listening on (\S+)/i.exec(line)?.[1];
    if (url === undefined) continue;
    output.resume();
    return url;
  }
  throw new Error("a child printed no address");
}
