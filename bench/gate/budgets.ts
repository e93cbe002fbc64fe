import type { Target } from "../contract.ts";

/**
 * What must not get worse: CPU per delivery as a ratio to a floor of the same rounds. These are no goals (those are in
 * `bench/targets.ts`): each lies above what the tree has kept on every machine it was run on, by as much as a run of
 * this length can't tell apart, so that only a change of the code can break it.
 */
export const BUDGETS: readonly Target[] = [
  budget("websocket", "net", 1.25),
  budget("sse", "net", 1.25),
  budget("long-polling", "http-long-polling", 1.5),
];

function budget(row: string, against: string, bound: number): Target {
  return {
    scenario: "fanout",
    point: "lockstep",
    metric: "cpu",
    row,
    against,
    againstPoint: null,
    bound,
    direction: "at most",
    stretch: null,
  };
}
