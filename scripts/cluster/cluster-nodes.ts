import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { NodeAction } from "../../lab/engine/control.ts";
import type { LabNodes, NodesWatcher } from "../../lab/engine/lab-session.ts";
import type { FaultProxy } from "../../lab/engine/proxy/contract.ts";
import { startProxy } from "../../lab/engine/proxy/fault-proxy.ts";
import type { NodeNumber, NodeState } from "../../lab/engine/run.ts";
import { CALM } from "../../lab/engine/weather.ts";
import { systemClock } from "../../src/clock.ts";
import { NodeProxy } from "./node-proxy.ts";

const SERVER = fileURLToPath(new URL("../../src/server/main.ts", import.meta.url));
const PROBE_EVERY_MS = 1_000;
/** A node that does not answer within this time is not ready. */
const PROBE_TIMEOUT_MS = 2_000;
const LOOPBACK = "127.0.0.1";
const DEAD: NodeState = { running: false, ready: false, cut: false };

export interface ClusterOptions {
  readonly nodes: number;
  /** Port of the proxy before the nodes; 0 picks a free one. */
  readonly port: number;
  readonly redisPort: number;
  /** Starts a program with its output as a pipe. */
  run(name: string, program: string, words: readonly string[]): ChildProcess;
  print(line: string): void;
}

interface Node {
  readonly name: string;
  /** Carries its connections to Redis. */
  link: FaultProxy;
  child: ChildProcess | null;
  url: URL | null;
  state: NodeState;
}

/**
 * Server processes on one Redis, behind a proxy that sends each request to the next node that is ready. Each node has a
 * link of its own to Redis, so that it can be cut off and joined again.
 */
export class ClusterNodes implements LabNodes {
  readonly front: NodeProxy;
  readonly #options: ClusterOptions;
  readonly #nodes: readonly Node[];
  readonly #watchers = new Set<NodesWatcher>();
  #cancelProbe: () => void = () => undefined;
  #ending = false;

  private constructor(options: ClusterOptions, front: NodeProxy, links: readonly FaultProxy[]) {
    this.#options = options;
    this.front = front;
    this.#nodes = links.map((link, index) => ({
      name: `Node ${index + 1}`,
      link,
      child: null,
      url: null,
      state: DEAD,
    }));
    front.onRouted = (port, node) => {
      for (const watcher of this.#watchers) watcher.routed(port, node);
    };
  }

  /** Starts the proxy, then one node after the other. Rejects if a node ends instead of listening. */
  static async start(options: ClusterOptions): Promise<ClusterNodes> {
    const front = await NodeProxy.start([], options.port);
    const links = Array.from({ length: options.nodes }, () => openLink(options.redisPort));
    const cluster = new ClusterNodes(options, front, await Promise.all(links));
    for (const [index, { name }] of cluster.#nodes.entries()) {
      if (!(await cluster.#start(index))) throw new Error(`${name} could not start. Its output says why.`);
    }
    cluster.#probeLater();
    return cluster;
  }

  get target(): { readonly host: string; readonly port: number } {
    return { host: LOOPBACK, port: Number(this.front.url.port) };
  }

  get states(): readonly NodeState[] {
    return this.#nodes.map(({ state }) => state);
  }

  order(index: NodeNumber, action: NodeAction): string | null {
    const node = this.#nodes[index];
    if (node === undefined) return `There is no node ${index}. Nodes are numbered from 0 to ${this.#nodes.length - 1}.`;
    const { name, child, state } = node;
    switch (action) {
      case "kill":
        if (child === null) return `${name} is not running.`;
        child.kill("SIGKILL");
        return null;
      case "start":
        if (child !== null) return `${name} is running already.`;
        void this.#start(index);
        return null;
      case "cut":
        if (child === null || state.cut) return `${name} is not connected to Redis.`;
        // Neither end is informed, as in a network partition. New connections are refused.
        node.link.cut("silence");
        node.link.weather = { ...CALM, refuses: true };
        this.#change(index, { cut: true });
        return null;
      case "join":
        if (!state.cut) return `${name} is not cut from Redis.`;
        void this.#join(index);
        return null;
    }
  }

  watch(watcher: NodesWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Ends the nodes, which drain. Resolves when all have ended. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#cancelProbe();
    // A node that is cut off could not store that its members leave.
    await Promise.all([...this.#nodes.keys()].map((index) => this.#join(index)));
    await Promise.all(this.#nodes.map(({ child }) => child !== null && stop(child)));
  }

  /** Resolves to true when the node listens, to false if it ends before that. */
  async #start(index: NodeNumber): Promise<boolean> {
    const node = this.#nodes[index];
    if (node === undefined) return false;
    const { port } = this.front.url;
    const child = this.#options.run(node.name, process.execPath, [
      ...[...process.execArgv, SERVER, "--port", "0", "--store", `redis://${LOOPBACK}:${node.link.port}`, "--no-lab"],
      ...["--host", LOOPBACK, "--trust-proxy", LOOPBACK, "--metrics", "loopback", "--workers", "1"],
      // The laboratory's page reaches its lanes on other ports, so each node allows its origin.
      ...["--origins", `http://${LOOPBACK}:${port},http://localhost:${port}`],
    ]);
    node.child = child;
    this.#change(index, { running: true });
    const ended = new Promise<null>((resolve) => {
      child.once("exit", () => {
        node.child = null;
        node.url = null;
        this.#change(index, { running: false, ready: false });
        void this.#join(index);
        resolve(null);
      });
    });
    const url = await Promise.race([this.#addressOf(node.name, child), ended]);
    if (url === null) return false;
    node.url = url;
    this.front.place(index, url);
    this.#options.print(`  ${node.name}: ${url.href} (pid ${child.pid})`);
    await this.#probe(index);
    return true;
  }

  /** Resolves to the address that a node prints. Prints its log from then on. */
  #addressOf(name: string, { stdout }: ChildProcess): Promise<URL> {
    if (stdout === null) throw new TypeError("The output of a node is a pipe.");
    return new Promise((resolve) => {
      createInterface({ input: stdout }).on("line", (line) => {
        const address = /^Skyrocket is listening on (\S+)/.exec(line)?.[1];
        if (address !== undefined) resolve(new URL(address));
        else if (line.startsWith("{")) this.#options.print(`${name}: ${line}`);
      });
    });
  }

  /** Replaces the link of a node that is cut off, which ends its silent connections. */
  async #join(index: NodeNumber): Promise<void> {
    const node = this.#nodes[index];
    if (node === undefined || !node.state.cut) return;
    this.#change(index, { cut: false });
    const { port } = node.link;
    await node.link.close();
    node.link = await openLink(this.#options.redisPort, port);
  }

  #probeLater(): void {
    this.#cancelProbe = systemClock.after(PROBE_EVERY_MS, async () => {
      await Promise.all([...this.#nodes.keys()].map((index) => this.#probe(index)));
      if (!this.#ending) this.#probeLater();
    });
  }

  /** Asks a node whether it is ready, as a load balancer does. */
  async #probe(index: NodeNumber): Promise<void> {
    const url = this.#nodes[index]?.url ?? null;
    if (url === null) return;
    const ready = await isReady(new URL("readyz", url));
    // It may have ended meanwhile.
    if (this.#nodes[index]?.url === url) this.#change(index, { ready });
  }

  #change(index: NodeNumber, change: Partial<NodeState>): void {
    const node = this.#nodes[index];
    if (node === undefined) return;
    const before = node.state;
    node.state = { ...before, ...change };
    const { running, ready, cut } = node.state;
    if (running === before.running && ready === before.ready && cut === before.cut) return;
    this.front.skip(index, !ready);
    for (const watcher of this.#watchers) watcher.changed();
  }
}

/** Opens a link to Redis. Port 0 picks a free one. */
function openLink(redisPort: number, port = 0): Promise<FaultProxy> {
  return startProxy({ target: { host: LOOPBACK, port: redisPort }, port, seed: 0 });
}

async function isReady(url: URL): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Ends a program with SIGTERM. Resolves when it has ended. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
