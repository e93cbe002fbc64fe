/** The nodes behind the lanes at a time of the run: their states, what they hold, and what they have served. */
import type { NodeNumber, NodeState, RunLane } from "../../engine/run.ts";
import type { RunIndex } from "./run-index.ts";
import { lastUntil } from "./run-records.ts";

export interface NodeView {
  readonly node: NodeNumber;
  readonly state: NodeState;
  /** Lanes with a request or stream at this node. */
  readonly lanes: readonly RunLane[];
  /** Requests of all lanes that went to it. */
  readonly requests: number;
}

/** Returns a view of each node; none for a run without nodes. */
export function nodesAt(runIndex: RunIndex, lanes: readonly RunLane[], at: number): readonly NodeView[] {
  const states = lastUntil(runIndex.nodes, at)?.nodes ?? [];
  return states.map((state, node) => ({
    node,
    state,
    lanes: lanes.filter(({ lane }) => holds(runIndex, lane, node, at)),
    requests: lastUntil(runIndex.served.get(node) ?? [], at)?.requests ?? 0,
  }));
}

function holds(runIndex: RunIndex, lane: number, node: NodeNumber, at: number): boolean {
  return runIndex
    .lane(lane)
    .wire.held.some((held) => held.node === node && held.at <= at && (held.until === null || held.until > at));
}

export function nodeName(node: NodeNumber): string {
  return `Node ${node + 1}`;
}

/** Returns a state in words. A proxy learns of a cut only when the node says that it is not ready. */
export function stateWords({ running, ready, cut }: NodeState): string {
  if (!running) return "not running";
  if (cut) return ready ? "cut from Redis, not noticed yet" : "cut from Redis, gets no requests";
  return ready ? "ready" : "not ready, gets no requests";
}
