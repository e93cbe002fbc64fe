import type { RunLane } from "../../engine/run.ts";
import { bytes, ms, msFigure } from "../model/figures.ts";
import type { LaneMeter, Share } from "../model/meter.ts";
import { LedgerLine } from "./ledger-line.tsx";
import { Troubles } from "./troubles.tsx";

interface MeterProps {
  readonly lane: RunLane;
  readonly title: string;
  readonly meter: LaneMeter;
  /** Bytes of the longest bar: the same for all lanes. */
  readonly scale: number;
}

/** A lane in numbers: how long, how much, and what became of the messages. */
export function Meter({ lane, title, meter, scale }: MeterProps) {
  const { latencies, cost, totals } = meter;
  const now = msFigure(latencies.now);
  return (
    <section class="meter" aria-label={`${title}: meter`} data-lane={lane.transport}>
      <p class="meter-latency">
        <strong class="figure" data-figure="now">
          {now.figure}
        </strong>{" "}
        <span class="unit">{now.unit}</span>
        <span class="figure soft">
          p50 <b data-figure="p50">{ms(latencies.p50)}</b> · p99 <b data-figure="p99">{ms(latencies.p99)}</b>
        </span>
      </p>
      <Bar label="up" share={cost?.up} scale={scale} />
      <Bar label="down" share={cost?.down} scale={scale} />
      <p class="meter-words figure">
        {cost === null ? (
          "no message yet"
        ) : (
          <>
            <b data-figure="bytes">{bytes(cost.bytes)}</b> a message · {bytes(cost.up.payload + cost.down.payload)}{" "}
            payload · {cost.requests.toFixed(1)} requests
          </>
        )}
      </p>
      <p class="meter-words figure">
        total: <span data-figure="requests">{totals.requests}</span> {totals.requests === 1 ? "request" : "requests"},{" "}
        {totals.writes} {totals.writes === 1 ? "write" : "writes"}, <span data-figure="open">{totals.open}</span>{" "}
        {totals.open === 1 ? "connection" : "connections"} open · ↑{bytes(totals.up)} ↓{bytes(totals.down)}
        {totals.unrecorded > 0 && `, ${bytes(totals.unrecorded)} of them only counted`}
      </p>
      <LedgerLine ledger={meter.ledger} />
      <Troubles trouble={meter.trouble} naive={lane.naive} />
    </section>
  );
}

interface BarProps {
  readonly label: "up" | "down";
  readonly share: Share | undefined;
  readonly scale: number;
}

/** Bytes to scale: payload solid, overhead light. */
function Bar({ label, share = { payload: 0, overhead: 0 }, scale }: BarProps) {
  const part = (value: number): string => `${scale === 0 ? 0 : Math.max(value > 0 ? 0.4 : 0, (value / scale) * 100)}%`;
  return (
    <div class="bytes" title={`${label}: ${bytes(share.payload)} payload, ${bytes(share.overhead)} overhead`}>
      <i class="bytes-label" aria-hidden="true">
        {label === "up" ? "↑" : "↓"}
      </i>
      <span class="bytes-track" aria-hidden="true">
        <i class="bytes-payload" style={{ width: part(share.payload) }} />
        <i class="bytes-overhead" style={{ width: part(share.overhead) }} />
      </span>
      <span class="sr">
        {label}: {bytes(share.payload)} payload and {bytes(share.overhead)} overhead a message
      </span>
    </div>
  );
}
