import type { Report } from "./contract.ts";

/** What a fuzzing process is started with, as its one argument. */
export interface Assignment {
  readonly targets: readonly string[];
  readonly inputs: number;
  readonly seed: number;
  readonly path: string | null;
}

/** What it tells the process that started it. */
export type Telling =
  | { readonly type: "tried"; readonly target: string; readonly count: number }
  | { readonly type: "report"; readonly report: Report };

/** Both ends are one version: the shape of the envelope tells enough. */
export function isTelling(value: unknown): value is Telling {
  return typeof value === "object" && value !== null && "type" in value;
}
