/** What the run orders its server to do. */
export type Order =
  | { readonly kind: "block"; readonly forMs: number }
  | { readonly kind: "jump"; readonly byMs: number }
  | { readonly kind: "count" };

/** What the server tells. */
export type Told =
  | { readonly kind: "listening" }
  | {
      readonly kind: "counts";
      readonly connections: number;
      readonly sessions: number;
      readonly rssBytes: number;
    };

function kindOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
}

// Both ends are of one run: the kind alone tells them apart.

export function isOrder(value: unknown): value is Order {
  const kind = kindOf(value);
  return kind === "block" || kind === "jump" || kind === "count";
}

export function isTold(value: unknown): value is Told {
  const kind = kindOf(value);
  return kind === "listening" || kind === "counts";
}
