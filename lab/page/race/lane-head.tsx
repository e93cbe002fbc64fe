import type { ComponentChildren } from "preact";
import { styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import type { RunLane } from "../../engine/run.ts";
import type { StateMark } from "../model/story/parts.ts";

interface LaneHeadProps {
  readonly lane: RunLane;
  readonly title: string;
  readonly state: StateMark | undefined;
  /** What can be set of the lane. */
  readonly children?: ComponentChildren;
}

/** Which lane it is, what it does, and how it stands, as sentences. */
export function LaneHead({ lane, title, state, children }: LaneHeadProps) {
  return (
    <div class="lane-head">
      <h3>
        <TransportIcon transport={lane.transport} />
        {title}
      </h3>
      <p>{styleOf(lane.transport).summary}</p>
      <p class={`lane-state ${state?.state ?? "connecting"}`} data-state={state?.state ?? "connecting"}>
        {lane.naive ? "naive · " : ""}
        {wordsOf(state)}
      </p>
      {children}
    </div>
  );
}

function wordsOf(state: StateMark | undefined): string {
  if (state === undefined) return "not begun";
  switch (state.state) {
    case "live":
      return state.detail === "" ? "live" : `live, ${state.detail}`;
    case "connecting":
      return "connecting";
    case "reconnecting":
      return `reconnecting, ${state.detail}`;
    case "closed":
      return `closed: ${state.detail}`;
  }
}
