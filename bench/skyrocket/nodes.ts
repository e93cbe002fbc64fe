/** Rows of several nodes on one Redis, and what redis-server.ts prints about its processes. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { redis } from "../../scripts/setup/tools.ts";
import type { Row } from "../contract.ts";
import { canReadOthers } from "../measure/process-tree.ts";
import type { ServerProcess } from "../measure/server-process.ts";
import { MAIN, OWN, QUIET, YOUNG } from "./rows.ts";

const SERVER = fileURLToPath(new URL("./redis-server.ts", import.meta.url));
export const HOST = "127.0.0.1";

/** One or two nodes on Redis. `other`: readers read only at the node at which nothing is published. */
export const ON_REDIS: readonly Row[] = OWN.filter(({ name }) => name === "websocket").flatMap((row) => [
  onRedis(row, "redis", "one node on Redis", 1, "all"),
  onRedis(row, "redis-two", "two nodes on Redis", 2, "all"),
  onRedis(row, "redis-other", "the other node on Redis", 2, "other"),
]);

/**
 * Two nodes on Redis whose readers and writers are our own client, for the scenario `deaths`. Streams only: 2,000 polls per
 * second by real clients in one process would measure that process.
 */
export const DYING: readonly Row[] = OWN.filter(({ name }) => !name.endsWith("polling")).map((row) => ({
  ...row,
  name: `${row.name}-two-nodes`,
  title: `${row.title}, two nodes`,
  system: "skyrocket-two-nodes",
  setting:
    "Two processes of npm start with --store redis://… --rate-limit off --log silent. Its own client sends a message again under the same id until it is acknowledged, and reports a gap.",
  missing: nodesMissing(),
  server: () => onOneRedis(2, "all", OWN_NODE),
  client: "skyrocket",
  only: ["deaths"],
}));

function onRedis(row: Row, name: string, title: string, nodes: number, readers: "all" | "other"): Row {
  return {
    ...row,
    name: `${row.name}-${name}`,
    title: `${row.title}, ${title}`,
    system: `skyrocket-${name}`,
    setting: `${nodes === 1 ? "One process" : "Two processes"} of npm start with --store redis://… --rate-limit off --log silent; Redis with appendonly yes and appendfsync everysec. Sessions are opened at the first node. ${readers === "all" ? "Messages are published, and readers read, at all nodes in turn" : "Messages are published there, and readers read at the second one"}.`,
    version: null,
    missing: nodesMissing(),
    server: () => onOneRedis(nodes, readers, OWN_NODE),
    only: ["nodes", "outage"],
  };
}

/** A node of ours, as `onOneRedis` takes it. */
export const OWN_NODE: readonly string[] = [YOUNG, MAIN, ...QUIET, "--store", `redis://${HOST}:{redis}`];

/** Returns the script that starts a Redis and nodes on it. In `node`, a Node script, `{redis}` is the port of its Redis. */
export function onOneRedis(nodes: number, readers: "all" | "other", node: readonly string[]): readonly string[] {
  return [SERVER, String(nodes), readers, "direct", ...node];
}

/** Returns the script of `onOneRedis` with a relay between each node and Redis, which can be stopped. */
export function relayed([server, nodes, readers, _way, ...node]: readonly string[]): readonly string[] {
  if (server !== SERVER || nodes === undefined || readers === undefined) throw new Error("not a script of onOneRedis");
  return [server, nodes, readers, "relayed", ...node];
}

/** Returns why rows of several nodes can't run here, or null if they can. */
export function nodesMissing(): string | null {
  if (redis.find() === null) return "redis-server is missing: install it with `apt-get install redis-server`";
  return canReadOthers ? null : "the CPU time of each process is read from /proc, which this system does not have";
}

/** What redis-server.ts prints after its address, as JSON. */
export interface NodesDetails {
  readonly redis: { readonly port: number; readonly pid: number };
  /** Sessions are opened at the first one. `relay`: pid of the relay between the node and Redis; null: it has none. */
  readonly nodes: readonly { readonly url: string; readonly pid: number; readonly relay: number | null }[];
  /** Addresses of the nodes that readers read at. */
  readonly readAt: readonly string[];
  /** Addresses of the nodes at which messages are published. */
  readonly publishAt: readonly string[];
}

/** Returns what the server of a row of `ON_REDIS` has printed; null for another row's. */
export function nodesOf({ details }: Pick<ServerProcess, "details">): NodesDetails | null {
  return details.startsWith("{") ? JSON.parse(details) : null;
}

const RETRY_MS = 5;

/** Resolves when a Redis answers PING on the port. */
export async function untilAnswering(port: number): Promise<void> {
  while (!(await isAnswering(port))) await sleep(RETRY_MS);
}

export function isAnswering(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST, () => socket.write("PING\r\n"));
    socket.once("data", (reply) => {
      resolve(reply.toString("latin1").startsWith("+PONG"));
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
