/** The wire view: messages with their bytes and what each byte is for, or the frame workbench. */
import "./wire.css";
import { effect, type Signal, useSignal } from "@preact/signals";
import { useContext, useEffect, useMemo, useRef } from "preact/hooks";
import { styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import { PURPOSES, type WireMessageKind } from "../../engine/decoder/index.ts";
import type { RunLane } from "../../engine/run.ts";
import { serverOf } from "../address.ts";
import { LabContext } from "../context.ts";
import { SaveRun } from "../files.tsx";
import { bytesText, preciseSeconds } from "../format.ts";
import type { Playback, ViewProps } from "../model/playback.ts";
import { BytesPanel } from "./bytes-view.tsx";
import type { Connection } from "./model/wire-record.ts";
import { createWire, type Wire } from "./model/wire-state.ts";
import { SpanPanel } from "./span-panel.tsx";
import { tabOf, useWireAddress, type WireTab } from "./wire-address.ts";
import { List } from "./wire-list.tsx";
import { laneTitle } from "./wire-text.ts";
import { Workbench } from "./workbench/workbench.tsx";

/** The room in the commands of "Check it yourself" if the lanes' room is unknown, as in a replay. */
const EXAMPLE_ROOM = "wire";

export function WireScreen({ playback, order }: ViewProps) {
  const lab = useContext(LabContext);
  const wire = useMemo(() => createWire(playback), [playback]);
  const tab = useSignal<WireTab>(tabOf(location.hash));
  const listBox = useRef<HTMLElement>(null);
  const bytesBox = useRef<HTMLElement>(null);
  useRefresh(playback, wire);
  useWireAddress(wire, tab);
  const server = lab?.server ?? serverOf(location.href);
  return (
    <main class="wire-page">
      <header class="wire-top">
        <h1>The wire</h1>
        <p class="wire-lead">
          The bytes on the lanes' connections, recorded by a proxy between client and server, and what each byte is for.
        </p>
        <div class="wire-bar">
          {order !== null && <Tabs tab={tab} />}
          {lab !== null && <SaveRun take={lab.playback.snapshot} />}
        </div>
      </header>
      {tab.value === "workbench" && order !== null ? (
        <Workbench
          playback={playback}
          wire={wire}
          order={order}
          server={server}
          see={(item) => {
            wire.follow.value = false;
            wire.select(item);
            tab.value = "recorded";
          }}
        />
      ) : (
        <>
          <Filters wire={wire} lanes={playback.run.value.lanes} />
          <div class="wire-panes">
            <List
              wire={wire}
              lanes={playback.run.value.lanes}
              box={listBox}
              open={(focus) => goTo(bytesBox.current, ".wire-hex", focus)}
            />
            <BytesPanel
              wire={wire}
              lanes={playback.run.value.lanes}
              box={bytesBox}
              back={() => goTo(listBox.current, ".wire-scroll", true)}
            />
            <SpanPanel wire={wire} server={server} room={lab?.room ?? EXAMPLE_ROOM} live={order !== null} />
          </div>
          <Legend />
        </>
      )}
    </main>
  );
}

/** Scrolls to a panel where panels are stacked, and optionally moves the keyboard focus into it. */
function goTo(panel: HTMLElement | null, inside: string, focus: boolean): void {
  const target = panel?.querySelector<HTMLElement>(inside);
  if (focus) target?.focus({ preventScroll: true });
  const below = panel !== null && panel.getBoundingClientRect().width > 0.9 * (panel.parentElement?.clientWidth ?? 0);
  // In the next frame: until the selection is rendered, the page may be too short to scroll that far.
  if (below) requestAnimationFrame(() => panel.scrollIntoView({ block: "start" }));
}

const TABS = [
  { name: "recorded", title: "Recorded" },
  { name: "workbench", title: "Frame workbench" },
] as const satisfies readonly { readonly name: WireTab; readonly title: string }[];

/** Switches between the recorded bytes and the frame workbench. */
function Tabs({ tab }: { readonly tab: Signal<WireTab> }) {
  return (
    <fieldset class="wire-tabs" aria-label="Recorded bytes or frame workbench">
      {TABS.map(({ name, title }) => (
        <button
          key={name}
          type="button"
          aria-pressed={tab.value === name}
          onClick={() => {
            tab.value = name;
          }}
        >
          {title}
        </button>
      ))}
    </fieldset>
  );
}

/** Time between two updates. A list that changes more often can't be read. */
const REFRESH_MS = 100;

/** Refreshes `wire` as its playback changes, at most ten times per second. */
function useRefresh(playback: Playback, wire: Wire): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let due = false;
    const refresh = (): void => {
      due = false;
      wire.refresh();
      timer = setTimeout(() => {
        timer = null;
        if (due) refresh();
      }, REFRESH_MS);
    };
    const stop = effect(() => {
      void playback.run.value;
      void playback.revision.value;
      void playback.playhead.at.value;
      due = true;
      if (timer === null) queueMicrotask(() => due && timer === null && refresh());
    });
    return () => {
      stop();
      due = false;
      if (timer !== null) clearTimeout(timer);
    };
  }, [playback, wire]);
}

const KINDS: readonly { readonly kind: WireMessageKind | null; readonly title: string }[] = [
  { kind: null, title: "Everything" },
  { kind: "exchange", title: "Requests and responses" },
  { kind: "event", title: "SSE events" },
  { kind: "frame", title: "WebSocket frames" },
  { kind: "unknown", title: "Not explained" },
];
/** The newest connections, which the filter offers one by one. */
const MAX_OFFERED = 50;

interface FiltersProps {
  readonly wire: Wire;
  readonly lanes: readonly RunLane[];
}

/** Chooses which messages are listed. */
function Filters({ wire, lanes }: FiltersProps) {
  const { filter, revision } = wire;
  void revision.value;
  const { lane, connection, kind, text } = filter.value;
  const connections = wire.record.connections.filter((one) => lane === null || one.lane === lane).slice(-MAX_OFFERED);
  return (
    <search class="wire-filters" aria-label="Filters">
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
          filter.value = { ...filter.value, lane: chosen?.lane ?? lane, connection: chosen?.number ?? null };
        }}
      >
        <option value="">All connections</option>
        {connections.map((one) => (
          <option key={`${one.lane} ${one.number}`} value={`${one.lane} ${one.number}`}>
            {`${laneTitle(lanes, one.lane)} #${one.number} · ${connectionText(one)}`}
          </option>
        ))}
      </select>
      <select
        aria-label="Kind"
        value={kind ?? ""}
        onChange={({ currentTarget: { value } }) => {
          filter.value = { ...filter.value, kind: KINDS.find((one) => one.kind === value)?.kind ?? null };
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
          filter.value = { ...filter.value, text: value };
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

function LaneButton({ wire: { filter }, lane, title, transport }: LaneButtonProps) {
  return (
    <button
      type="button"
      class={`wire-lane ${transport === undefined ? "tone-other" : styleOf(transport).tone}`}
      aria-pressed={filter.value.lane === lane}
      onClick={() => {
        filter.value = { ...filter.value, lane, connection: null };
      }}
    >
      {transport !== undefined && <TransportIcon transport={transport} />}
      {title}
    </button>
  );
}

/** Describes the state of a connection. */
function connectionText({ closedAt, closedBy, openedAt, decoder }: Connection): string {
  const split = [decoder.split("up"), decoder.split("down")];
  const total = split.reduce((sum, { payload, overhead }) => sum + payload + overhead, 0);
  const ended = closedAt === null ? "open" : `closed by ${closedBy} after ${preciseSeconds(closedAt - openedAt)}`;
  return `${ended} · ${bytesText(total)}`;
}

/** Explains the colors of the bytes. */
function Legend() {
  return (
    <section class="wire-legend" aria-label="What the colors mean">
      <dl>
        {Object.entries(PURPOSES).map(([purpose, { title, description }]) => (
          <div key={purpose}>
            <dt class={`wire-purpose p-${purpose}`}>{title}</dt>
            <dd>{description}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
