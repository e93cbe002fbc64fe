import type { Results } from "../results.ts";

/**
 * Several runs on one machine as if they had been one: of a scenario that two of them have, the later run's samples
 * stay. Throws when there is none, or when they come from different machines or commits.
 */
export function merge(runs: readonly Results[]): Results {
  const inOrder = [...runs].sort((one, other) => one.started.localeCompare(other.started));
  const [first] = inOrder;
  const last = inOrder.at(-1);
  if (first === undefined || last === undefined) throw new RangeError("there is no run to report");
  for (const run of inOrder) refuseOther(first, run);
  const latest = new Map(inOrder.flatMap((run) => run.scenarios.map((scenario) => [scenario.name, { scenario, run }])));
  const rows = new Map(inOrder.flatMap((run) => run.rows.map((row) => [row.name, row])));
  const skipped = inOrder.flatMap((run) => run.skipped).filter(({ row }) => !rows.has(row));
  return {
    ...last,
    started: first.started,
    argv: inOrder.flatMap(({ argv }, at) => (at === 0 ? argv : ["+", ...argv])),
    rows: [...rows.values()],
    skipped: [...new Map(skipped.map((row) => [row.row, row])).values()],
    scenarios: [...latest.values()].map(({ scenario }) => scenario),
    samples: [...latest].flatMap(([name, { run }]) => run.samples.filter(({ scenario }) => scenario === name)),
  };
}

function refuseOther(first: Results, run: Results): void {
  if (first.machine.cpu !== run.machine.cpu || first.machine.versions.node !== run.machine.versions.node)
    throw new Error(
      "the runs were made on different machines or with different versions of Node; report them one by one",
    );
  if (first.commit?.id !== run.commit?.id)
    throw new Error(
      `the runs measured different commits, ${first.commit?.id} and ${run.commit?.id}; report them one by one`,
    );
}
