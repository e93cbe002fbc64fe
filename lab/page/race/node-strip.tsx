/** The nodes behind the lanes: each one's state, the lanes that it serves, and in a live race its buttons. */
import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { TransportPill } from "../../../public/view/transports.tsx";
import type { NodeAction } from "../../engine/control.ts";
import type { NodeNumber } from "../../engine/run.ts";
import { useLab } from "../context.ts";
import { transportTitle } from "../format.ts";
import { type NodeView, nodeName, stateWords } from "../model/node-views.ts";

interface NodeStripProps {
  readonly nodes: readonly NodeView[];
  /** The buttons of a node; a replay has none. */
  readonly controls?: ((node: NodeNumber) => ComponentChildren) | undefined;
}

export function NodeStrip({ nodes, controls }: NodeStripProps) {
  if (nodes.length === 0) return null;
  return (
    <section class="nodes" aria-label="The nodes">
      <h3 class="sr">The nodes</h3>
      <ul class="node-list">
        {nodes.map(({ node, state, lanes, requests }) => (
          <li key={node} class="node" data-node={node + 1}>
            <div class="node-head">
              <h4>{nodeName(node)}</h4>
              <p class={`node-state ${state.running && !state.cut ? "" : "bad"}`} role={controls && "status"}>
                <span class="sr">{nodeName(node)}: </span>
                <span data-node-state="">{stateWords(state)}</span>
              </p>
              <p class="node-requests figure">
                <span data-count="requests">{requests.toLocaleString("en")}</span>{" "}
                {requests === 1 ? "request" : "requests"}
              </p>
            </div>
            <div class="node-body">
              <p class="node-holds">
                <span class="soft">{lanes.length === 0 ? "nothing open" : "open:"}</span>
                {lanes.map(({ lane, transport }) => (
                  <span key={lane} data-holds={transport}>
                    <TransportPill transport={transport} title={transportTitle(transport)} />
                  </span>
                ))}
              </p>
              {controls?.(node)}
            </div>
          </li>
        ))}
      </ul>
      <p class="soft node-note">The proxy before them sends each request to the next node that is ready.</p>
    </section>
  );
}

/** Kills a node or starts it again, and cuts it from Redis or reconnects it. They show what is true now, not at the playhead. */
export function NodeControls({ node }: { readonly node: NodeNumber }) {
  const lab = useLab();
  const { playback } = lab;
  const newest = useComputed(() => {
    void playback.revision.value;
    return playback.runIndex.value.nodes.at(-1)?.nodes[node];
  });
  const closed = lab.state.value.kind !== "open";
  const { running = false, cut = false } = newest.value ?? {};
  const button = (title: string, action: NodeAction, disabled: boolean) => (
    <button
      type="button"
      class="quiet-button"
      disabled={closed || disabled}
      onClick={() => lab.order({ type: "node", node, do: action })}
    >
      {title}
      <span class="sr"> {nodeName(node)}</span>
    </button>
  );
  return (
    <div class="node-buttons">
      {running ? button("Kill", "kill", false) : button("Start again", "start", false)}
      {cut ? button("Reconnect", "join", !running) : button("Cut from Redis", "cut", !running)}
    </div>
  );
}
