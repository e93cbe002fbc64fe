import { type ReadonlySignal, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { styleOf } from "../../../public/view/transports.tsx";
import type { RunLane } from "../../engine/run.ts";
import { type LaneMeter, meterAt } from "../model/meter.ts";
import { createMoment } from "../model/moment.ts";
import type { Show } from "../model/show.ts";
import { Axis } from "./axis.tsx";
import { LaneHead } from "./lane-head.tsx";
import { LanePicture } from "./lane-picture.tsx";
import { MessageTable } from "./message-table.tsx";
import { Meter } from "./meter.tsx";
import type { Painted } from "./paint.ts";
import { ServerLine } from "./server-line.tsx";
import { titleOf } from "./title.ts";

interface RacePictureProps {
  readonly show: Show;
  readonly spanMs: ReadonlySignal<number>;
  /** Transports whose lanes are not drawn. */
  readonly hidden?: readonly string[];
  /** What can be set of a lane; nothing in a replay. */
  readonly settings?: (lane: RunLane) => ComponentChildren;
}

const UNPAINTED: Painted = { drawn: 0, there: 0 };

/** The race: lanes on one time axis with their meters. Live or replayed, it draws the same. */
export function RacePicture({ show, spanMs, hidden = [], settings }: RacePictureProps) {
  const moment = useMemo(() => createMoment(show, () => performance.now()), [show]);
  useEffect(() => () => moment.end(), [moment]);
  const run = show.run.value;
  const story = show.story.value;
  const at = moment.at.value;
  const painted = useMemo(() => new Map(run.lanes.map(({ lane }) => [lane, signal(UNPAINTED)])), [run]);
  const lanes = run.lanes.filter(({ transport }) => !hidden.includes(transport));
  const meters = lanes.map((lane) => ({ lane, meter: meterAt(story, lane, at) }));
  const scale = Math.max(0, ...meters.map(({ meter }) => longestBar(meter)));
  return (
    <section class="picture" aria-label="The lanes">
      <h2 class="sr">The lanes</h2>
      {meters.map(({ lane, meter }) => (
        <div key={lane.lane} class={`lane ${styleOf(lane.transport).tone}`} data-transport={lane.transport}>
          <LaneHead lane={lane} title={titleOf(lane.transport)} state={meter.state}>
            {settings?.(lane)}
          </LaneHead>
          <LanePicture
            show={show}
            lane={lane}
            title={titleOf(lane.transport)}
            spanMs={spanMs}
            painted={painted.get(lane.lane)}
          />
          <Meter lane={lane} title={titleOf(lane.transport)} meter={meter} scale={scale} />
        </div>
      ))}
      <Axis show={show} spanMs={spanMs} painted={painted} />
      <ServerLine story={story} at={at} />
      <MessageTable story={story} lanes={lanes} at={at} />
    </section>
  );
}

function longestBar({ cost }: LaneMeter): number {
  if (cost === null) return 0;
  return Math.max(cost.up.payload + cost.up.overhead, cost.down.payload + cost.down.overhead);
}
