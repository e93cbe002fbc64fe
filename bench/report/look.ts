import type { RowNote } from "../results.ts";

/** How a row is drawn: colour and line of its leg, a shade for who it is. The same signs as in the page and the docs. */
export interface Look {
  /** CSS class that sets the colour. */
  readonly leg: string;
  /** Of strokes; empty: solid. */
  readonly dash: string;
  readonly opacity: number;
  readonly width: number;
}

const LEGS: Readonly<Record<string, { leg: string; dash: string }>> = {
  "short-polling": { leg: "short", dash: "1.5 4" },
  "long-polling": { leg: "long", dash: "6 4" },
  sse: { leg: "sse", dash: "8 3 1.5 3" },
  websocket: { leg: "ws", dash: "" },
};
const BARE = { leg: "bare", dash: "" };

/** Ours are strong, peers fainter, floors faintest: the direct label says who it is. */
export function lookOf({ leg, kind }: RowNote): Look {
  const strength = {
    ours: { opacity: 1, width: 2.5 },
    peer: { opacity: 0.62, width: 1.5 },
    floor: { opacity: 0.8, width: 1.5 },
  };
  return { ...(LEGS[leg] ?? BARE), ...strength[kind] };
}
