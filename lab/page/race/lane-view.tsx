/** One lane of the race in the document: its head, its canvas, and its meter with ledger and last cut. */
import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import type { Fault } from "../../engine/proxy/contract.ts";
import type { RunLane } from "../../engine/run.ts";
import { watchTheme } from "../colors.ts";
import { useLab } from "../context.ts";
import { bytesText, latencyParts, latencyText, transportTitle } from "../format.ts";
import type { KnownTrouble, LaneLedger, LaneMeter, Share } from "../model/lane-meter.ts";
import type { Playback } from "../model/playback.ts";
import type { StateMark } from "../model/run-records.ts";
import { hasNaive } from "../naive/naive-clients.ts";
import { type Drawn, drawLane, frameOf, LanePen, laneColorsAt, lineWidthAt } from "./lane-canvas.ts";

interface LaneCanvasProps {
  readonly playback: Playback;
  readonly lane: RunLane;
  readonly title: string;
  readonly spanMs: ReadonlySignal<number>;
  /** Set to how much was drawn, after each frame. */
  readonly drawn: Signal<Drawn> | undefined;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Shows one lane on the time axis. Its numbers are in the meter and in the table of messages. */
export function LaneCanvas({ playback, lane, title, spanMs, drawn }: LaneCanvasProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const size = useMemo(() => signal<Size | null>(null), []);
  const theme = useMemo(() => signal(0), []);
  useEffect(() => {
    const canvas = ref.current;
    const place = canvas?.parentElement;
    const context = canvas?.getContext("2d");
    if (canvas == null || place == null || context == null) return;
    const resized = new ResizeObserver(() => {
      size.value = { width: place.clientWidth, height: place.clientHeight };
    });
    resized.observe(place);
    const stopWatching = watchTheme(() => {
      theme.value += 1;
    });
    let pen: LanePen | null = null;
    const stopPreparing = effect(() => {
      void theme.value;
      const box = size.value;
      if (box === null) return;
      const scale = Math.min(2, devicePixelRatio);
      canvas.width = Math.round(box.width * scale);
      canvas.height = Math.round(box.height * scale);
      pen = new LanePen(context, laneColorsAt(place), styleOf(lane.transport).dash, lineWidthAt(place), scale);
    });
    const stopDrawing = effect(() => {
      void theme.value;
      void playback.revision.value;
      const box = size.value;
      if (box === null || pen === null) return;
      const frame = frameOf(playback.playhead.at.value, spanMs.value, box.width, box.height);
      const done = drawLane(playback.runIndex.value, lane.lane, pen, frame);
      if (drawn !== undefined) drawn.value = done;
    });
    return () => {
      resized.disconnect();
      stopWatching();
      stopPreparing();
      stopDrawing();
    };
  }, [playback, lane, spanMs, drawn, size, theme]);
  return (
    <div class="lane-picture">
      <canvas
        ref={ref}
        role="img"
        aria-label={`${title} on the time axis. The table of messages has the same times as text.`}
      />
    </div>
  );
}

interface LaneHeadProps {
  readonly lane: RunLane;
  readonly title: string;
  readonly state: StateMark | undefined;
  /** The lane's settings. */
  readonly children?: ComponentChildren;
}

/** Names the lane, what its transport does, and the state of its client. */
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
        {stateText(state)}
      </p>
      {children}
    </div>
  );
}

function stateText(state: StateMark | undefined): string {
  if (state === undefined) return "not started";
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

/** Switches a lane between the full client and the naive one. Each switch starts a new run. */
export function NaiveToggle({ lane: { lane, transport, naive } }: { readonly lane: RunLane }) {
  const lab = useLab();
  if (!hasNaive(transport)) return null;
  return (
    <label class="naive" title="The same transport without cursor, heartbeat and retry. Starts a new run.">
      <input
        type="checkbox"
        checked={naive}
        onChange={({ currentTarget }) => lab.setNaive(lane, currentTarget.checked)}
      />{" "}
      naive<span class="sr"> {transportTitle(transport)}: without cursor, heartbeat and retry</span>
    </label>
  );
}

interface MeterProps {
  readonly lane: RunLane;
  readonly title: string;
  readonly meter: LaneMeter;
  /** Bytes of a full-length bar: the same for all lanes. */
  readonly scale: number;
}

/** Shows a lane in numbers: latency, bytes, and what happened to the messages. */
export function Meter({ lane, title, meter, scale }: MeterProps) {
  const { latencies, cost, totals } = meter;
  const now = latencyParts(latencies.now);
  return (
    <section class="meter" aria-label={`${title}: meter`} data-lane={lane.transport}>
      <p class="meter-latency">
        <strong class="figure" data-figure="now">
          {now.figure}
        </strong>{" "}
        <span class="unit">{now.unit}</span>
        <span class="figure soft">
          p50 <b data-figure="p50">{latencyText(latencies.p50)}</b> · p99{" "}
          <b data-figure="p99">{latencyText(latencies.p99)}</b>
        </span>
      </p>
      <Bar label="up" share={cost?.up} scale={scale} />
      <Bar label="down" share={cost?.down} scale={scale} />
      <p class="meter-words figure">
        {cost === null ? (
          "no message since this lane was live"
        ) : (
          <>
            <b data-figure="bytes">{bytesText(cost.bytes)}</b> a message ·{" "}
            {bytesText(cost.up.payload + cost.down.payload)} payload · {cost.requests.toFixed(1)} requests
          </>
        )}
      </p>
      <p class="meter-words figure">
        total: <span data-figure="requests">{totals.requests}</span> {totals.requests === 1 ? "request" : "requests"},{" "}
        {totals.writes} server {totals.writes === 1 ? "write" : "writes"}, <span data-figure="open">{totals.open}</span>{" "}
        {totals.open === 1 ? "connection" : "connections"} open · ↑{bytesText(totals.up)} ↓{bytesText(totals.down)}
        {totals.unrecorded > 0 && `, ${bytesText(totals.unrecorded)} of this traffic counted but not recorded`}
      </p>
      <LedgerLine ledger={meter.ledger} />
      <LastCut trouble={meter.trouble} naive={lane.naive} />
    </section>
  );
}

interface BarProps {
  readonly label: "up" | "down";
  readonly share: Share | undefined;
  readonly scale: number;
}

/** Shows bytes to scale: payload solid, overhead light. */
function Bar({ label, share = { payload: 0, overhead: 0 }, scale }: BarProps) {
  const part = (value: number): string => `${scale === 0 ? 0 : Math.max(value > 0 ? 0.4 : 0, (value / scale) * 100)}%`;
  return (
    <div class="bytes" title={`${label}: ${bytesText(share.payload)} payload, ${bytesText(share.overhead)} overhead`}>
      <i class="bytes-label" aria-hidden="true">
        {label === "up" ? "↑" : "↓"}
      </i>
      <span class="bytes-track" aria-hidden="true">
        <i class="bytes-payload" style={{ width: part(share.payload) }} />
        <i class="bytes-overhead" style={{ width: part(share.overhead) }} />
      </span>
      <span class="sr">
        {label}: {bytesText(share.payload)} payload and {bytesText(share.overhead)} overhead a message
      </span>
    </div>
  );
}

/** Counts the messages. Only those that can't arrive any more are lost. */
function LedgerLine({ ledger }: { readonly ledger: LaneLedger }) {
  const { sent, received, lost, inFlight, duplicated, reordered, replayed } = ledger;
  return (
    <p class="ledger figure" data-ledger="">
      <span>
        <span data-count="received">{received}</span> of <span data-count="sent">{sent}</span> received
      </span>
      {" · "}
      <Count name="lost" value={lost} /> · <Count name="duplicated" value={duplicated} /> ·{" "}
      <Count name="reordered" value={reordered} />
      {" · "}
      <span>
        <span data-count="replayed">{replayed}</span> replayed
      </span>
      {inFlight > 0 && (
        <>
          {" · "}
          <span>
            <span data-count="inFlight">{inFlight}</span> in flight
          </span>
        </>
      )}
    </p>
  );
}

function Count({ name, value }: { readonly name: string; readonly value: number }) {
  return (
    <span class={value === 0 ? "clean" : "unclean"}>
      <span data-count={name}>{value}</span> {name}
    </span>
  );
}

const FAULTS: Readonly<Record<Fault, string>> = {
  fin: "cut (FIN)",
  rst: "cut (RST)",
  silence: "cut silently",
  "idle-cut": "cut as idle",
  stall: "stalled",
  "held-body": "body held",
  "stripped-upgrade": "Upgrade stripped",
  refused: "refused",
};

/**
 * Shows the last cut of a lane: when its client noticed and when it was live again. A client may never notice a cut poll:
 * the browser repeats the request by itself, or no poll was open.
 */
function LastCut({ trouble, naive }: { readonly trouble: KnownTrouble | undefined; readonly naive: boolean }) {
  if (trouble === undefined) return null;
  return (
    <p class="trouble figure" data-trouble={trouble.what}>
      {FAULTS[trouble.what]}: {outcome(trouble, naive)}
    </p>
  );
}

function outcome({ at, noticedAt, recoveredAt, heardAt }: KnownTrouble, naive: boolean): string {
  if (noticedAt === null && heardAt !== null) return `not noticed, next message after ${latencyText(heardAt - at)}`;
  if (noticedAt === null) return naive ? "not noticed" : "not noticed yet";
  const noticed = `noticed after ${latencyText(Math.max(0, noticedAt - at))}`;
  if (recoveredAt === null) return naive ? `${noticed}, and gave up` : `${noticed}, not back yet`;
  return `${noticed}, back after ${latencyText(recoveredAt - at)}`;
}
