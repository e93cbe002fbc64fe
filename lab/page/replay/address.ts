import { SPANS, spanFor } from "../model/span.ts";

/** What of a run is looked at. */
export type ReplayTab = "race" | "wire";

/** What an address asks to be shown: `/lab/replay?run=tunnel&at=12000&view=wire`. */
export interface ReplayPlace {
  /** The name of a run that the page ships with; null: none, or one from a file, which no address leads to. */
  readonly run: string | null;
  /** ms after the run's beginning at which it stands; null: it plays. */
  readonly at: number | null;
  readonly tab: ReplayTab;
  readonly spanMs: number;
  readonly hidden: readonly string[];
}

export function replayPlaceOf(query: URLSearchParams): ReplayPlace {
  const at = query.get("at");
  return {
    run: query.get("run"),
    at: at !== null && /^[0-9]{1,12}$/.test(at) ? Number(at) : null,
    tab: query.get("view") === "wire" ? "wire" : "race",
    spanMs: SPANS.find((span) => String(span) === query.get("span")) ?? spanFor(1),
    hidden: query.get("hide")?.split(",") ?? [],
  };
}

/** The query that says so; what else is in `query`, as of the wire's view, stays in it. */
export function queryFor({ run, at, tab, spanMs, hidden }: ReplayPlace, query: URLSearchParams): string {
  const next = new URLSearchParams(query);
  const put = (name: string, value: string | null): void => {
    if (value === null) next.delete(name);
    else next.set(name, value);
  };
  put("run", run);
  put("at", run === null || at === null ? null : at.toFixed(0));
  put("view", tab === "wire" ? tab : null);
  put("span", spanMs === spanFor(1) ? null : String(spanMs));
  put("hide", hidden.length === 0 ? null : hidden.join(","));
  const all = next.toString().replaceAll("%2C", ",");
  return all === "" ? "" : `?${all}`;
}
