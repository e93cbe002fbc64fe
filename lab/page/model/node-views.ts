/** The nodes behind the lanes at a time of the run: their states, what they hold, and what they have served. */
import type { NodeNumber, NodeState, NodesEntry, RunLane } from "../../engine/run.ts";
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

/** Returns what was done to the nodes, in words. Changes that follow by themselves, as of readiness, are left out. */
export function changesOf(entries: readonly NodesEntry[]): { readonly at: number; readonly says: string }[] {
  return entries.flatMap(({ at, nodes }, index) =>
    nodes.flatMap((state, node) => {
      const says = changeWords(entries[index - 1]?.nodes[node] ?? state, state);
      return says === null ? [] : [{ at, says: `${nodeName(node)} ${says}` }];
    }),
  );
}

function changeWords(before: NodeState, { running, cut }: NodeState): string | null {
  if (running !== before.running) return running ? "started" : "ended";
  // A node that ends is not cut off any more.
  if (cut === before.cut || !running) return null;
  return cut ? "cut from Redis" : "reconnected";
}
