import type { Faults } from "../../generator/ledger.ts";

/** What the process with the real clients is to do. */
export interface SwitchOrder {
  readonly url: string;
  readonly clients: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Of the moments at which clients switch. */
  readonly seed: number;
}

/** What it saw. */
export interface SwitchReport extends Faults {
  readonly messages: number;
  readonly deliveries: number;
  readonly switches: number;
  /** Why a switch failed, one entry for each that did. */
  readonly failures: readonly string[];
  /** By how many ms the longest pause around each switch was longer than the messages' interval; ascending. */
  readonly gapsMs: readonly number[];
  /** CPU time of the process as a share of one CPU, and the 99th percentile of its event loop's delay. */
  readonly cpu: number;
  readonly delayMs: number;
}

export type SwitchAnswer =
  | { readonly type: "switched"; readonly report: SwitchReport }
  | { readonly type: "failed"; readonly message: string };

/** Both ends are this bench's own and of one version: the shape of the envelope tells enough. */
export function isSwitchOrder(value: unknown): value is SwitchOrder {
  return typeof value === "object" && value !== null && "url" in value && "clients" in value;
}

export function isSwitchAnswer(value: unknown): value is SwitchAnswer {
  return typeof value === "object" && value !== null && "type" in value;
}
