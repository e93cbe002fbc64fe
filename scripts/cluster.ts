/**
 * `npm run cluster`: a Redis and three nodes on this machine, behind a proxy that sends each request to the next node,
 * and a laboratory that outlives them. PORT sets the proxy's port.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labPlugin } from "../lab/engine/routes.ts";
import { pageRoot } from "../src/server/page-root.ts";
import { startServer } from "../src/server/server.ts";
import { ClusterNodes, stop } from "./cluster/cluster-nodes.ts";
import { redis } from "./setup/tools.ts";

const NODES = 3;
const PORT = 3_000;

const folder = mkdtempSync(join(tmpdir(), "skyrocket-cluster-"));
const children = new Set<ChildProcess>();
let server: ChildProcess | null = null;
let nodes: ClusterNodes | null = null;
let ending = false;

process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
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
  const lines: string[] = [];
  const print = (line: string): void => void (nodes === null ? lines.push(line) : console.log(line));
  const port = Number(process.env["PORT"] ?? PORT);
  const started = await ClusterNodes.start({ nodes: NODES, port, redisPort, run, print });
  // A server of its own, whose chat has no members: a visitor can kill every node.
  const plugin = labPlugin({ ports: null, nodes: started });
  const lab = await startServer({ log: "warn", pageRoot: await pageRoot(), lab: plugin });
  if (ending) return;
  nodes = started;
  nodes.front.lab = lab.url;
  console.log(`Skyrocket is listening on ${nodes.front.url}`);
  console.log(`  Laboratory: ${new URL("lab", nodes.front.url)}`);
  for (const line of lines) console.log(line);
  console.log(`  Redis:  redis://127.0.0.1:${redisPort} (pid ${server.pid})`);
  console.log("Each request goes to the next node. Kill a node and see. Ctrl+C ends everything.");
}

/** Starts a program. Ctrl+C does not reach it: this process ends it, in order. */
function run(name: string, program: string, words: readonly string[]): ChildProcess {
  const child = spawn(program, words, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  const onEnd = (how: unknown): void => {
    children.delete(child);
    const line = `${name} has ended (${how}).`;
    if (nodes === null) fail(new Error(line));
    else if (!ending) console.log(line);
  };
  child.once("error", ({ message }) => onEnd(message));
  child.once("exit", (code, signal) => onEnd(signal ?? code));
  return child;
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
  if (nodes === null) await Promise.all([...children].filter((child) => child !== server).map(stop));
  else await nodes.end();
  if (server !== null) await stop(server);
  process.exit(code);
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
