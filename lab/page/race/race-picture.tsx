/** All lanes of a run on one time axis, with the axis, the server's load and the same as a table. Live or replayed. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { styleOf } from "../../../public/view/transports.tsx";
import { systemClock } from "../../../src/clock.ts";
import type { LaneNumber, NodeNumber, RunLane } from "../../engine/run.ts";
import { axisText, bytesText, latencyText, transportTitle } from "../format.ts";
import { type LaneMeter, meterAt } from "../model/lane-meter.ts";
import { nodesAt } from "../model/node-views.ts";
import { createThrottledTime, type Playback } from "../model/playback.ts";
import type { RunIndex } from "../model/run-index.ts";
import { lastUntil, type MessageRecord } from "../model/run-records.ts";
import type { Drawn } from "./lane-canvas.ts";
import { LaneCanvas, LaneHead, Meter } from "./lane-view.tsx";
import { NodeStrip } from "./node-strip.tsx";

interface RacePictureProps {
  readonly playback: Playback;
  readonly spanMs: ReadonlySignal<number>;
  /** Transports whose lanes are not drawn. */
  readonly hidden?: readonly string[];
  /** The settings of a lane; a replay has none. */
  readonly laneControls?: (lane: RunLane) => ComponentChildren;
  /** The buttons of a node; a replay has none. */
  readonly nodeControls?: (node: NodeNumber) => ComponentChildren;
}

const NOTHING_DRAWN: Drawn = { drawn: 0, total: 0 };

export function RacePicture({ playback, spanMs, hidden = [], laneControls, nodeControls }: RacePictureProps) {
  const shownTime = useMemo(() => createThrottledTime(playback, systemClock), [playback]);
  useEffect(() => () => shownTime.close(), [shownTime]);
  const run = playback.run.value;
  const runIndex = playback.runIndex.value;
  const at = shownTime.at.value;
  const drawn = useMemo(() => new Map(run.lanes.map(({ lane }) => [lane, signal(NOTHING_DRAWN)])), [run]);
  const lanes = run.lanes.filter(({ transport }) => !hidden.includes(transport));
  const meters = lanes.map((lane) => ({ lane, meter: meterAt(runIndex, lane, at) }));
  const scale = Math.max(0, ...meters.map(({ meter }) => longestBar(meter)));
  return (
    <section class="picture" aria-label="The lanes">
      <h2 class="sr">The lanes</h2>
      <NodeStrip nodes={nodesAt(runIndex, run.lanes, at)} controls={nodeControls} />
      {meters.map(({ lane, meter }) => (
        <div key={lane.lane} class={`lane ${styleOf(lane.transport).tone}`} data-transport={lane.transport}>
          <LaneHead lane={lane} title={transportTitle(lane.transport)} state={meter.state}>
            {laneControls?.(lane)}
          </LaneHead>
          <LaneCanvas
            playback={playback}
            lane={lane}
            title={transportTitle(lane.transport)}
            spanMs={spanMs}
            drawn={drawn.get(lane.lane)}
          />
          <Meter lane={lane} title={transportTitle(lane.transport)} meter={meter} scale={scale} />
        </div>
      ))}
      <Axis playback={playback} spanMs={spanMs} drawn={drawn} />
      <ServerLine runIndex={runIndex} at={at} />
      <MessageTable runIndex={runIndex} lanes={lanes} at={at} />
    </section>
  );
}

function longestBar({ cost }: LaneMeter): number {
  if (cost === null) return 0;
  return Math.max(cost.up.payload + cost.up.overhead, cost.down.payload + cost.down.overhead);
}

interface AxisProps {
  readonly playback: Playback;
  readonly spanMs: ReadonlySignal<number>;
  readonly drawn: ReadonlyMap<LaneNumber, Signal<Drawn>>;
}

const TICKS = [1, 0.75, 0.5, 0.25, 0];

/** The time axis under the lanes, counted back from its right edge. It stays in place while the lanes move. */
function Axis({ playback, spanMs, drawn }: AxisProps) {
  // A signal of its own: a frame that draws the same share as the one before it must not render this text again.
  const sampling = useMemo(
    () =>
      computed(() => {
        let some = 0;
        let all = 0;
        for (const { value } of drawn.values()) {
          some += value.drawn;
          all += value.total;
        }
        return some >= all ? "" : `sampled: ${Math.floor((some / all) * 100)} % of the data is drawn`;
      }),
    [drawn],
  );
  const live = playback.playhead.mode.value === "live";
  return (
    <div class="axis figure">
      <p class="axis-legend">
        above: the client, below: the server
        {sampling.value !== "" && <strong data-sampled=""> · {sampling.value}</strong>}
      </p>
      <div class="axis-ticks">
        {TICKS.map((part) => (
          <span key={part}>{part === 0 ? (live ? "now" : "here") : `−${axisText(spanMs.value * part)}`}</span>
        ))}
      </div>
      <span />
    </div>
  );
}

/** Explains the marks in the lanes. */
export function Legend() {
  return (
    <ul class="legend">
      <li>
        <svg viewBox="0 0 28 14" aria-hidden="true" focusable="false">
          <path d="M4 1 24 13" />
        </svg>
        bytes in flight: the steeper, the faster
      </li>
      <li>
        <svg viewBox="0 0 28 14" aria-hidden="true" focusable="false">
          <circle cx="14" cy="7" r="4" />
        </svg>
        the server has the message: at the same time on every lane
      </li>
      <li>
        <svg viewBox="0 0 28 14" aria-hidden="true" focusable="false">
          <path class="legend-ribbon" d="M2 7h24" />
        </svg>
        the message waits on the server
      </li>
      <li>
        <svg viewBox="0 0 28 14" aria-hidden="true" focusable="false">
          <path class="legend-fill" d="M9 2h10l-5 9z" />
        </svg>
        received (hollow: replayed, because the client reconnected and resumed from its cursor)
      </li>
      <li>
        <svg viewBox="0 0 28 14" aria-hidden="true" focusable="false">
          <path d="M2 9h24" />
        </svg>
        along the lower line: an open request or stream
      </li>
    </ul>
  );
}

/** Shows the load of the process that the lanes lead to. It can't be split by lane. */
function ServerLine({ runIndex, at }: { readonly runIndex: RunIndex; readonly at: number }) {
  const reading = lastUntil(runIndex.servers, at);
  const [name, counts] =
    runIndex.nodes.length === 0
      ? ["Whole server", "all lanes, their proxies, and every other client"]
      : ["Proxies", "those of the lanes and the one before the nodes, without the nodes"];
  return (
    <p class="server-line figure" data-server="">
      <b>{name}</b>
      {reading === undefined
        ? " · not measured yet"
        : ` · CPU ${(reading.cpuMsPerSecond / 10).toFixed(1)} % of a core · memory ${bytesText(reading.rssBytes)} · event loop late by up to ${latencyText(reading.loopDelayMs)}`}
      <span class="soft"> ({counts})</span>
    </p>
  );
}

interface MessageTableProps {
  readonly runIndex: RunIndex;
  readonly lanes: readonly RunLane[];
  readonly at: number;
}

const SHOWN = 20;

/** The same as a table: for screen readers, for copying, and to look up numbers. */
function MessageTable({ runIndex, lanes, at }: MessageTableProps) {
  const until = runIndex.messages.findLastIndex((message) => message.at <= at) + 1;
  const messages = runIndex.messages.slice(Math.max(0, until - SHOWN), until).reverse();
  return (
    <details class="message-table">
      <summary>As a table: the last {SHOWN} messages</summary>
      <section class="table-scroll" aria-label="The last messages">
        <table class="figure">
          <thead>
            <tr>
              <th scope="col">Message</th>
              <th scope="col">seq</th>
              {lanes.map(({ lane, transport }) => (
                <th key={lane} scope="col">
                  {transportTitle(transport)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {messages.map((message) => (
              <tr key={message.name}>
                <th scope="row">{message.name}</th>
                <td>{message.seq ?? message.refused ?? "…"}</td>
                {lanes.map(({ lane }) => (
                  <td key={lane}>{cell(message, lane, at)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

function cell({ receipts }: MessageRecord, lane: number, at: number): string {
  const receipt = receipts.get(lane);
  if (receipt === undefined || receipt.at > at) return "…";
  return `${latencyText(receipt.latencyMs)}${receipt.replayed ? ", replayed" : ""}`;
}
