import "./wire.css";
import { useSignal } from "@preact/signals";
import { useContext, useMemo, useRef } from "preact/hooks";
import { LabContext } from "../context.ts";
import { serverOf } from "../model/route.ts";
import type { ViewProps } from "../model/show.ts";
import { SaveRun } from "../replay/save-run.tsx";
import { BytesPanel } from "./bytes-panel.tsx";
import { Filters } from "./filters.tsx";
import { Legend } from "./legend.tsx";
import { List } from "./list.tsx";
import { createWire } from "./model/wire.ts";
import { SpanPanel } from "./span-panel.tsx";
import { Tabs, type WireTab } from "./tabs.tsx";
import { useBeat } from "./use-beat.ts";
import { tabOf, useWireAddress } from "./use-wire-address.ts";
import { Workbench } from "./workbench/workbench.tsx";

/** The room of commands to be tried where that of the lanes is not known, as in a replay. */
const SOME_ROOM = "wire";

/** What really went over the sockets, byte by byte, and a bench to make frames on. */
export function WireView({ show, order }: ViewProps) {
  const lab = useContext(LabContext);
  const wire = useMemo(() => createWire(show), [show]);
  const tab = useSignal<WireTab>(tabOf(location.hash));
  const listBox = useRef<HTMLElement>(null);
  const bytesBox = useRef<HTMLElement>(null);
  useBeat(show, wire);
  useWireAddress(wire, tab);
  const server = lab?.server ?? serverOf(location.href);
  return (
    <main class="wire-page">
      <header class="wire-top">
        <h1>The wire</h1>
        <p class="wire-lead">
          Every byte that went over the lanes' sockets, as a proxy between client and server recorded it, and what it is
          there for.
        </p>
        <div class="wire-bar">
          {order !== null && <Tabs tab={tab} />}
          {lab !== null && <SaveRun take={lab.show.snapshot} />}
        </div>
      </header>
      {tab.value === "workbench" && order !== null ? (
        <Workbench
          show={show}
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
          <Filters wire={wire} lanes={show.run.value.lanes} />
          <div class="wire-panes">
            <List
              wire={wire}
              lanes={show.run.value.lanes}
              box={listBox}
              open={(focus) => goTo(bytesBox.current, ".wire-hex", focus)}
            />
            <BytesPanel
              wire={wire}
              lanes={show.run.value.lanes}
              box={bytesBox}
              back={() => goTo(listBox.current, ".wire-scroll", true)}
            />
            <SpanPanel wire={wire} server={server} room={lab?.room ?? SOME_ROOM} live={order !== null} />
          </div>
          <Legend />
        </>
      )}
    </main>
  );
}

/** Brings a panel in view where the panels stand below one another, and goes into it with the keyboard. */
function goTo(panel: HTMLElement | null, inside: string, focus: boolean): void {
  const target = panel?.querySelector<HTMLElement>(inside);
  if (focus) target?.focus({ preventScroll: true });
  const below = panel !== null && panel.getBoundingClientRect().width > 0.9 * (panel.parentElement?.clientWidth ?? 0);
  if (below) panel.scrollIntoView({ block: "start" });
}
