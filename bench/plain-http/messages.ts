/** What the bench and the process of the two load tools send each other over IPC. */
import type { EncodedHistogram } from "../statistics/histogram.ts";

/** The request that every connection repeats. */
export interface RequestShape {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** `ID_PLACE` in it is replaced with a new id in each request; null for a request without a body. */
  readonly body: string | null;
  /** The beginning of every correct response's body. */
  readonly answer: string;
}

/** The placeholder of an id, in autocannon's notation. */
export const ID_PLACE = "[<id>]";
/** Length of autocannon's ids. Ours are as long, so that both tools send requests of the same size. */
export const ID_LENGTH = 33;

/** "ours" is the bench's own driver. */
export type Tool = "autocannon" | "ours";

/** A closed loop: each connection sends its next request when it has the response. */
export interface Order {
  readonly tool: Tool;
  readonly url: string;
  readonly request: RequestShape;
  /** Bearer tokens, one connection each. */
  readonly sessions: readonly string[];
  readonly seconds: number;
}

/** What a tool measured; times in microseconds. */
export interface Outcome {
  /** CPU time of the tool as a share of one CPU. */
  readonly toolCpu: number;
  readonly requests: number;
  /** Wrong responses and broken connections. */
  readonly failures: number;
  readonly elapsedMs: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** null if the tool has no histogram. */
  readonly latency: EncodedHistogram | null;
}
