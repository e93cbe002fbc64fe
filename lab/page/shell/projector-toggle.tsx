import type { Projector } from "../model/theme.ts";

/** Larger type and stronger lines, for a room. */
export function ProjectorToggle({ projector }: { readonly projector: Projector }) {
  return (
    <button
      type="button"
      class="quiet-button lab-projector"
      aria-pressed={projector.on.value}
      onClick={projector.toggle}
      title="Larger type and bolder lines, for a lecture room"
    >
      Projector
    </button>
  );
}
