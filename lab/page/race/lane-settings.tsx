import type { RunLane } from "../../engine/run.ts";
import { useLab } from "../context.ts";
import { hasNaive } from "../naive/client.ts";
import { titleOf } from "./title.ts";

/** What can be set of one lane. Another client is another run. */
export function LaneSettings({ lane: { lane, transport, naive } }: { readonly lane: RunLane }) {
  const lab = useLab();
  if (!hasNaive(transport)) return null;
  return (
    <label class="naive" title="The same transport without cursor, heartbeat and retry. A new run begins.">
      <input
        type="checkbox"
        checked={naive}
        onChange={({ currentTarget }) => lab.setNaive(lane, currentTarget.checked)}
      />{" "}
      naive<span class="sr"> {titleOf(transport)}: without cursor, heartbeat and retry</span>
    </label>
  );
}
