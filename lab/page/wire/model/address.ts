import type { WireMessageKind } from "../../../engine/decoder/index.ts";
import { ALL, type Wanted } from "./filter.ts";
import { wholeOf } from "./place.ts";

const KINDS: readonly WireMessageKind[] = ["exchange", "event", "frame", "unknown"];

/** What an address's query asks to have listed: `?lane=3&connection=1&kind=frame&find=Hello`. */
export function wantedOf(query: URLSearchParams): Wanted {
  const lane = wholeOf(query.get("lane"));
  return {
    lane,
    connection: lane === null ? null : wholeOf(query.get("connection")),
    kind: KINDS.find((kind) => kind === query.get("kind")) ?? null,
    text: query.get("find") ?? ALL.text,
  };
}

/** The query that says so. What else is in `query`, the weather for one, stays in it. */
export function queryFor({ lane, connection, kind, text }: Wanted, query: URLSearchParams): string {
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
