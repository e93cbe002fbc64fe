import { useLab } from "../context.ts";
import type { Desk } from "../model/desk.ts";
import { LaneToggles } from "./lane-toggles.tsx";
import { WorkLine } from "./work-line.tsx";

/** Which lanes are shown, and what there is to say of the run as a whole. */
export function Toggles({ desk }: { readonly desk: Desk }) {
  const { lanes, restart, show } = useLab();
  const dropped = show.dropped.value;
  return (
    <LaneToggles lanes={lanes.value} desk={desk}>
      <button type="button" class="link" onClick={restart}>
        Begin a new run
      </button>
      <WorkLine />
      {dropped > 0 && (
        <p class="soft">The oldest {dropped.toLocaleString("en")} entries are not kept any more; totals have them.</p>
      )}
    </LaneToggles>
  );
}
