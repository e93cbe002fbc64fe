import "./wire.css";
import { useSignal, useSignalEffect } from "@preact/signals";
import { useContext, useEffect, useMemo } from "preact/hooks";
import { LabContext } from "../context.ts";
import type { ViewProps } from "../model/show.ts";
import { SaveRun } from "../replay/save-run.tsx";
import { BytesPanel } from "./bytes-panel.tsx";
import { Filters } from "./filters.tsx";
import { Legend } from "./legend.tsx";
import { List } from "./list.tsx";
import { hashOf, placeOf } from "./model/place.ts";
import { createWire } from "./model/wire.ts";
import { SpanPanel } from "./span-panel.tsx";
import { Tabs } from "./tabs.tsx";
import { useBeat } from "./use-beat.ts";
import { Workbench } from "./workbench/workbench.tsx";

/** What really went over the sockets, byte by byte, and a bench to make frames on. */
export function WireView({ show, order }: ViewProps) {
  const lab = useContext(LabContext);
  const wire = useMemo(() => createWire(show), [show]);
  const tab = useSignal<"recorded" | "workbench">(location.hash.startsWith("#workbench") ? "workbench" : "recorded");
  useBeat(show, wire);
  useEffect(() => {
    const place = placeOf(location.hash);
    if (place !== null) wire.open(place);
  }, [wire]);
  useSignalEffect(() => {
    const item = wire.selected.value;
    const spot = wire.spot.value;
    if (tab.value === "workbench") replaceHash("#workbench");
    else if (item !== null && spot !== null) {
      const { lane, number: connection } = item.connection;
      replaceHash(hashOf({ lane, connection, ...spot }));
    }
  });
  const server = lab?.server ?? new URL("/", location.href);
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
            <List wire={wire} lanes={show.run.value.lanes} />
            <BytesPanel wire={wire} lanes={show.run.value.lanes} />
            <SpanPanel wire={wire} server={server} live={order !== null} />
          </div>
          <Legend />
        </>
      )}
    </main>
  );
}

function replaceHash(hash: string): void {
  if (location.hash !== hash) history.replaceState(history.state, "", hash);
}
