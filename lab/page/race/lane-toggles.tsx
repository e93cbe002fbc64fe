import type { ComponentChildren } from "preact";
import { styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import type { RunLane } from "../../engine/run.ts";
import type { Desk } from "../model/desk.ts";
import { titleOf } from "./title.ts";

interface LaneTogglesProps {
  readonly lanes: readonly RunLane[];
  readonly desk: Desk;
  /** What else stands in that line. */
  readonly children?: ComponentChildren;
}

/** Which lanes are shown. A lane that is hidden goes on. */
export function LaneToggles({ lanes, desk, children }: LaneTogglesProps) {
  return (
    <fieldset class="toggles">
      <legend class="sr">Lanes shown</legend>
      {lanes.map(({ lane, transport }) => (
        <button
          key={lane}
          type="button"
          class={`toggle ${styleOf(transport).tone}`}
          aria-pressed={!desk.hidden.value.includes(transport)}
          onClick={() => desk.toggle(transport)}
        >
          <TransportIcon transport={transport} />
          {titleOf(transport)}
        </button>
      ))}
      {children}
    </fieldset>
  );
}
