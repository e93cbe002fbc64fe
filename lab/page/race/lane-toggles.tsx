import type { ComponentChildren } from "preact";
import { Glyph } from "../../../public/view/sign.tsx";
import { signOf } from "../../../public/view/signs.ts";
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
          class={`toggle ${signOf(transport).tone}`}
          aria-pressed={!desk.hidden.value.includes(transport)}
          onClick={() => desk.toggle(transport)}
        >
          <Glyph transport={transport} />
          {titleOf(transport)}
        </button>
      ))}
      {children}
    </fieldset>
  );
}
