import { type Signal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { queryFor, wantedOf } from "./model/address.ts";
import { hashOf, placeOf } from "./model/place.ts";
import type { Wire } from "./model/wire.ts";
import type { WireTab } from "./tabs.tsx";

/** Browsers take no more than some hundred changes of the address a minute. */
const SETTLED_MS = 300;
const WORKBENCH = "#workbench";

/** Which half of the page an address opens. */
export function tabOf(hash: string): WireTab {
  return hash.startsWith(WORKBENCH) ? "workbench" : "recorded";
}

/** Opens what the address names, and keeps in it what is listed and chosen, so that it can be linked to. */
export function useWireAddress(wire: Wire, tab: Signal<WireTab>): void {
  useEffect(() => {
    wire.wanted.value = wantedOf(new URLSearchParams(location.search));
    const place = placeOf(location.hash);
    if (place === null) return;
    wire.follow.value = false;
    wire.open(place);
  }, [wire]);
  useSignalEffect(() => {
    const wanted = wire.wanted.value;
    const item = wire.selected.value;
    const spot = wire.spot.value;
    let hash = wire.chosen.value ? "" : location.hash;
    if (tab.value === "workbench") hash = WORKBENCH;
    else if (wire.chosen.value && item !== null && spot !== null) {
      const { lane, number: connection } = item.connection;
      hash = hashOf({ lane, connection, ...spot });
    } else if (hash === WORKBENCH) hash = "";
    const timer = setTimeout(() => {
      const next = `${location.pathname}${queryFor(wanted, new URLSearchParams(location.search))}${hash}`;
      if (next !== `${location.pathname}${location.search}${location.hash}`)
        history.replaceState(history.state, "", next);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  });
}
