/** What the wire view's address carries: the filter, and the selected byte. */
import type { Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { WireMessageKind } from "../../engine/decoder/index.ts";
import { useAddress } from "../address.ts";
import { ALL, type ListFilter } from "./model/list-filter.ts";
import { addressIn, hashOf, wholeOf } from "./model/wire-record.ts";
import type { Wire } from "./model/wire-state.ts";

/** The half of the wire view that is shown. */
export type WireTab = "recorded" | "workbench";

const WORKBENCH = "#workbench";

/** Returns the half of the page that an address opens. */
export function tabOf(hash: string): WireTab {
  return hash.startsWith(WORKBENCH) ? "workbench" : "recorded";
}

/** Opens what the address names, and keeps the address up to date with what is listed and selected. */
export function useWireAddress(wire: Wire, tab: Signal<WireTab>): void {
  useEffect(() => {
    wire.filter.value = filterIn(new URLSearchParams(location.search));
    const place = addressIn(location.hash);
    if (place === null) return;
    wire.follow.value = false;
    wire.open(place);
  }, [wire]);
  useAddress(() => {
    const filter = wire.filter.value;
    const item = wire.selected.value;
    const spot = wire.spot.value;
    let hash = wire.chosen.value ? "" : location.hash;
    if (tab.value === "workbench") hash = WORKBENCH;
    else if (wire.chosen.value && item !== null && spot !== null) {
      const { lane, number: connection } = item.connection;
      hash = hashOf({ lane, connection, ...spot });
    } else if (hash === WORKBENCH) hash = "";
    return () => `${location.pathname}${queryFor(filter, new URLSearchParams(location.search))}${hash}`;
  });
}

const KINDS: readonly WireMessageKind[] = ["exchange", "event", "frame", "unknown"];

/** Reads the filter in a query: `?lane=3&connection=1&kind=frame&find=Hello`. */
export function filterIn(query: URLSearchParams): ListFilter {
  const lane = wholeOf(query.get("lane"));
  return {
    lane,
    connection: lane === null ? null : wholeOf(query.get("connection")),
    kind: KINDS.find((kind) => kind === query.get("kind")) ?? null,
    text: query.get("find") ?? ALL.text,
  };
}

/** Returns `query` with the filter in it. Other parameters, such as the weather, are kept. */
export function queryFor({ lane, connection, kind, text }: ListFilter, query: URLSearchParams): string {
  const next = new URLSearchParams(query);
  const put = (name: string, value: string | number | null): void => {
    if (value === null || value === "") next.delete(name);
    else next.set(name, String(value));
  };
  put("lane", lane);
  put("connection", connection);
  put("kind", kind);
  put("find", text);
  const all = next.toString();
  return all === "" ? "" : `?${all}`;
}
