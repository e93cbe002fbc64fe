import { styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import type { WireMessageKind } from "../../engine/decoder/index.ts";
import type { RunLane } from "../../engine/run.ts";
import type { Connection } from "./model/record.ts";
import type { Wire } from "./model/wire.ts";
import { bytes, laneTitle, seconds } from "./words.ts";

const KINDS: readonly { readonly kind: WireMessageKind | null; readonly title: string }[] = [
  { kind: null, title: "Everything" },
  { kind: "exchange", title: "Requests and responses" },
  { kind: "event", title: "SSE events" },
  { kind: "frame", title: "WebSocket frames" },
  { kind: "unknown", title: "Not explained" },
];
/** Connections of a lane that can be chosen one by one. */
const OFFERED = 50;

interface FiltersProps {
  readonly wire: Wire;
  readonly lanes: readonly RunLane[];
}

/** Which of what was recorded is listed. */
export function Filters({ wire, lanes }: FiltersProps) {
  const { wanted, beat } = wire;
  void beat.value;
  const { lane, connection, kind, text } = wanted.value;
  const connections = wire.record.connections.filter((one) => lane === null || one.lane === lane).slice(-OFFERED);
  return (
    <search class="wire-filters" aria-label="What is listed">
      <fieldset class="wire-lanes" aria-label="Lane">
        <LaneButton wire={wire} lane={null} title="All lanes" />
        {lanes.map((one) => (
          <LaneButton
            key={one.lane}
            wire={wire}
            lane={one.lane}
            title={laneTitle(lanes, one.lane)}
            transport={one.transport}
          />
        ))}
      </fieldset>
      <select
        aria-label="Connection"
        value={connection === null ? "" : `${lane} ${connection}`}
        onChange={({ currentTarget: { value } }) => {
          const chosen = connections.find((one) => `${one.lane} ${one.number}` === value);
          wanted.value = { ...wanted.value, lane: chosen?.lane ?? lane, connection: chosen?.number ?? null };
        }}
      >
        <option value="">All connections</option>
        {connections.map((one) => (
          <option key={`${one.lane} ${one.number}`} value={`${one.lane} ${one.number}`}>
            {`${laneTitle(lanes, one.lane)} #${one.number} · ${standing(one)}`}
          </option>
        ))}
      </select>
      <select
        aria-label="Kind"
        value={kind ?? ""}
        onChange={({ currentTarget: { value } }) => {
          wanted.value = { ...wanted.value, kind: KINDS.find((one) => one.kind === value)?.kind ?? null };
        }}
      >
        {KINDS.map((one) => (
          <option key={one.title} value={one.kind ?? ""}>
            {one.title}
          </option>
        ))}
      </select>
      <input
        type="search"
        aria-label="Search in titles and bytes"
        placeholder="Search in titles and bytes"
        value={text}
        onInput={({ currentTarget: { value } }) => {
          wanted.value = { ...wanted.value, text: value };
        }}
      />
      <button
        type="button"
        class="quiet-button"
        aria-pressed={wire.follow.value}
        title="Keep the list at its newest entry"
        onClick={() => {
          wire.follow.value = !wire.follow.value;
        }}
      >
        Follow
      </button>
    </search>
  );
}

interface LaneButtonProps {
  readonly wire: Wire;
  readonly lane: number | null;
  readonly title: string;
  readonly transport?: string;
}

function LaneButton({ wire: { wanted }, lane, title, transport }: LaneButtonProps) {
  return (
    <button
      type="button"
      class={`wire-lane ${transport === undefined ? "tone-other" : styleOf(transport).tone}`}
      aria-pressed={wanted.value.lane === lane}
      onClick={() => {
        wanted.value = { ...wanted.value, lane, connection: null };
      }}
    >
      {transport !== undefined && <TransportIcon transport={transport} />}
      {title}
    </button>
  );
}

/** How a connection stands, in words. */
function standing({ closedAt, closedBy, openedAt, dissector }: Connection): string {
  const split = [dissector.split("up"), dissector.split("down")];
  const total = split.reduce((sum, { payload, overhead }) => sum + payload + overhead, 0);
  const ended = closedAt === null ? "open" : `closed by ${closedBy} after ${seconds(closedAt - openedAt)}`;
  return `${ended} · ${bytes(total)}`;
}
