import type { EncodedHistogram } from "../statistics/histogram.ts";

/** One request, asked again and again on every connection. */
export interface RequestShape {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** `ID_PLACE` in it becomes another id in each request; null for a request without a body. */
  readonly body: string | null;
  /** What every right answer's body begins with. */
  readonly answer: string;
}

/** Stands for an id; autocannon's own notation. */
export const ID_PLACE = "[<id>]";
/** Length of the ids autocannon puts there; ours are as long, so that both tools send requests of one size. */
export const ID_LENGTH = 33;

export type Tool = "autocannon" | "ours";

/** A closed loop: each connection asks as soon as it is answered. */
export interface Order {
  readonly tool: Tool;
  readonly url: string;
  readonly request: RequestShape;
  /** Bearer tokens: one connection each. */
  readonly sessions: readonly string[];
  readonly seconds: number;
}

/** What a tool says of the server it asked; times in microseconds. */
export interface Outcome {
  readonly requests: number;
  /** Answers that were not what was asked for, and connections that broke. */
  readonly failures: number;
  readonly elapsedMs: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Null where the tool does not give its own. */
  readonly latency: EncodedHistogram | null;
}

export type Answer =
  | {
      readonly type: "done";
      readonly id: number;
      readonly outcome: Outcome;
      /** CPU time of the tool as a share of one CPU. */
      readonly cpu: number;
    }
  | { readonly type: "failed"; readonly id: number; readonly message: string };

export interface Numbered {
  readonly id: number;
  readonly order: Order;
}

/** Both ends are this bench's own and of one version: the shape of the envelope tells enough. */
export function isAnswer(value: unknown): value is Answer {
  return typeof value === "object" && value !== null && "type" in value && "id" in value;
}

export function isNumbered(value: unknown): value is Numbered {
  return typeof value === "object" && value !== null && "id" in value && "order" in value;
}
