import { Glyph } from "../../view/sign.tsx";
import { signOf } from "../../view/signs.ts";
import { useLab } from "../context.ts";
import type { Desk } from "../model/desk.ts";
import { titleOf } from "./title.ts";
import { WorkLine } from "./work-line.tsx";

/** Which lanes are shown. A lane that is hidden goes on. */
export function Toggles({ desk }: { readonly desk: Desk }) {
  const { lanes, restart, show } = useLab();
  const dropped = show.dropped.value;
  return (
    <fieldset class="toggles">
      <legend class="sr">Lanes shown</legend>
      {lanes.value.map(({ lane, transport }) => (
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
      <button type="button" class="link" onClick={restart}>
        Begin a new run
      </button>
      <WorkLine />
      {dropped > 0 && (
        <p class="soft">The oldest {dropped.toLocaleString("en")} entries are not kept any more; totals have them.</p>
      )}
    </fieldset>
  );
}
