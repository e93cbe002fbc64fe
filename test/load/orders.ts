/** An order of the parent to a reader process. */
export type Order =
  | { readonly type: "join"; readonly transport: string; readonly count: number; readonly from: number }
  | { readonly type: "received"; readonly message: number }
  | { readonly type: "leave" };

/** The answer to each order. */
export interface Answer {
  /** Of all transports: the readers attached after `join` and `leave`; those that have the message after `received`. */
  readonly readers: number;
  /** `received` only: what went wrong since the last one. */
  readonly faults: readonly string[];
}
