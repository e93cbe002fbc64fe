import { Agent } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { NodeAction } from "../../../lab/engine/control.ts";
import type { LabNodes, NodesWatcher } from "../../../lab/engine/lab-session.ts";
import { labPlugin } from "../../../lab/engine/routes.ts";
import type { NodeNumber, NodeState } from "../../../lab/engine/run.ts";
import { NodeProxy } from "../../../scripts/cluster/node-proxy.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { LAB } from "../../support/lab.ts";
import { ask, UPGRADE } from "../../support/raw-http.ts";
import { until } from "../../support/wait.ts";
import { Visitor } from "./visitor.ts";

const READY: NodeState = { running: true, ready: true, cut: false };
const DEAD: NodeState = { running: false, ready: false, cut: false };

/** Two nodes behind a proxy, of which the test decides the states. */
class TwoNodes implements LabNodes {
  states: readonly NodeState[] = [READY, READY];
  readonly target: LabNodes["target"];
  readonly orders: [NodeNumber, NodeAction][] = [];
  readonly watchers = new Set<NodesWatcher>();

  constructor(front: NodeProxy) {
    this.target = { host: "127.0.0.1", port: Number(front.url.port) };
    front.onRouted = (port, node) => this.watchers.forEach((watcher) => void watcher.routed(port, node));
  }

  order(node: NodeNumber, action: NodeAction): string | null {
    if (node >= this.states.length) return `There is no node ${node}.`;
    this.orders.push([node, action]);
    return null;
  }

  watch(watcher: NodesWatcher): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  change(states: readonly NodeState[]): void {
    this.states = states;
    for (const watcher of this.watchers) watcher.changed();
  }
}

let ending: AsyncDisposableStack;
let front: NodeProxy;
let nodes: TwoNodes;
let lab: RunningServer;

async function start(options: Parameters<typeof startServer>[0] = {}): Promise<RunningServer> {
  const server = await startServer(options);
  ending.defer(() => server.close());
  return server;
}

beforeEach(async () => {
  ending = new AsyncDisposableStack();
  front = ending.use(await NodeProxy.start([(await start()).url, (await start()).url]));
  nodes = new TwoNodes(front);
  lab = await start({ lab: labPlugin({ ports: null, nodes }) });
  front.lab = lab.url;
});
afterEach(() => ending.disposeAsync());

test("the lanes lead to the nodes, and an entry names the node of each request", async () => {
  using visitor = await Visitor.enter(front.url);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const lane of [2, 2, 0])
    expect((await ask(new URL("/healthz", visitor.lane(lane)), { agent })).status).toBe(200);
  agent.destroy();
  const routed = await until("three entries", () => {
    const found = visitor.entries.flatMap((entry) => (entry.kind === "routed" ? [entry] : []));
    return found.length === 3 ? found : null;
  });
  expect(routed.map(({ lane, connection, node }) => [lane, connection, node])).toEqual([
    [2, 0, 0],
    [2, 0, 1],
    [0, 0, 0],
  ]);
  expect(front.requests).toEqual([2, 1]);
});

test("the states of the nodes are recorded at the start of a session and whenever one changes", async () => {
  using visitor = await Visitor.enter(front.url);
  const recorded = (): (readonly NodeState[])[] =>
    visitor.entries.flatMap((entry) => (entry.kind === "nodes" ? [entry.nodes] : []));
  await until("the first states", () => recorded().length === 1);
  nodes.change([READY, DEAD]);
  await until("the second states", () => recorded().length === 2);
  expect(recorded()).toEqual([
    [READY, READY],
    [READY, DEAD],
  ]);
  await visitor.leave();
  await until("the end of the session", () => nodes.watchers.size === 0);
});

test("orders reach the nodes, and one that can't be carried out is refused", async () => {
  using visitor = await Visitor.enter(front.url);
  for (const action of ["kill", "start", "cut", "join"] as const) visitor.order({ type: "node", node: 1, do: action });
  visitor.order({ type: "node", node: 7, do: "kill" });
  visitor.send({ type: "node", node: -1, do: "kill" });
  visitor.send({ type: "node", node: 0, do: "freeze" });
  await visitor.settle();
  expect(nodes.orders).toEqual([
    [1, "kill"],
    [1, "start"],
    [1, "cut"],
    [1, "join"],
  ]);
  expect(visitor.refusals()).toEqual([
    "There is no node 7.",
    expect.stringMatching(/^The order is invalid: node\/node /),
    expect.stringMatching(/^The order is invalid: node\/do /),
  ]);
});

test("a lab without nodes refuses their orders and records none", async () => {
  const single = await start({ lab: LAB });
  using visitor = await Visitor.enter(single.url);
  visitor.order({ type: "node", node: 0, do: "kill" });
  expect((await ask(new URL("/healthz", visitor.lane(0)))).status).toBe(200);
  await visitor.settle();
  expect(visitor.refusals()).toEqual([expect.stringContaining("has no nodes")]);
  await until("the request's entries", () => visitor.entries.some(({ kind }) => kind === "bytes"));
  expect(visitor.entries.filter(({ kind }) => kind === "nodes" || kind === "routed")).toEqual([]);
});

test("a caller that another proxy has forwarded can't open lanes, nor kill a node", async () => {
  const control = new URL("/lab/control", front.url);
  expect((await ask(control, { headers: UPGRADE })).status).toBe(101);
  const forwarded = { ...UPGRADE, "x-forwarded-for": "192.0.2.1" };
  expect((await ask(control, { headers: forwarded })).status).toBe(403);
});
