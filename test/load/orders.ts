/** What the parent orders of a generator's process, and what it is answered. */
export type Order =
  | { readonly type: "join"; readonly transport: string; readonly count: number; readonly from: number }
  | { readonly type: "heard"; readonly message: number }
  | { readonly type: "leave" };

export type Answer =
  /** So many readers are in, of all transports together. */
  | { readonly type: "joined"; readonly readers: number }
  /** So many of them have the message; what went wrong since the last answer. */
  | { readonly type: "heard"; readonly readers: number; readonly faults: readonly string[] }
  | { readonly type: "left" }
  | { readonly type: "failed"; readonly message: string };

/** An order or its answer with a number: answers come in the order of their being ready. */
export interface Numbered<Content> {
  readonly id: number;
  readonly content: Content;
}

/** Both ends are of one version: the shape of the envelope tells enough. */
export function isNumbered<Content>(value: unknown): value is Numbered<Content> {
  return typeof value === "object" && value !== null && "id" in value && "content" in value;
}
