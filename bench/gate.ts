import type { Effort, Target } from "./contract.ts";
import { ROWS } from "./registry.ts";
import type { Line, Results, ScenarioSummary } from "./results.ts";
import { runBench } from "./run/session.ts";
import { lockstepFanout } from "./scenarios/deliveries.ts";
import type { Estimate } from "./statistics/estimates.ts";
import { summarise } from "./statistics/summarise.ts";

/** The first attempt takes about a minute, a second one twice as long. */
const EFFORT: Effort = {
  rounds: 7,
  roundsPerServer: null,
  seconds: 0.4,
  readers: 200,
  warmUp: 300,
  idle: [],
  idleSeconds: 0,
};
const SEED = 1;

/**
 * Checks the CPU budgets for every commit, by a short fan-out of our transports and the floors. Resolves to false
 * - if a message was lost, duplicated or reordered;
 * - if the whole interval of a ratio is above its budget in two attempts, the second with twice the rounds;
 * - if a row could not be measured, unless other processes are the reason.
 * It does not judge absolute times. Tests replace `measure`.
 */
export async function gate(print: (line: string) => void, measure = measureFanout): Promise<boolean> {
  for (const rounds of [EFFORT.rounds, EFFORT.rounds * 2]) {
    print(`${lockstepFanout.title}: our transports and the floors, ${rounds} rounds`);
    const results = await measure({ ...EFFORT, rounds });
    const faulty = results.samples.filter(({ invalid }) => invalid?.kind === "faults");
    for (const { row, round, faults } of faulty)
      print(
        `FAIL  ${row}, round ${round}: ${faults.lost} lost, ${faults.duplicated} duplicated, ${faults.reordered} reordered`,
      );
    if (faulty.length > 0) return false;
    const verdicts = judgeBudgets(summarise(results), BUDGETS);
    for (const verdict of verdicts) print(explainVerdict(verdict));
    if (verdicts.every(({ kind }) => kind === "kept")) return true;
    // Other processes on the machine are not this commit's fault: what they disturb neither fails nor counts as kept.
    const last = rounds !== EFFORT.rounds;
    if (last && verdicts.every((verdict) => verdict.kind === "kept" || isDisturbed(results, verdict))) {
      print("Other processes on this machine disturbed what was not measured. Run the gate on a quieter machine.");
      return true;
    }
  }
  print("A budget was exceeded or could not be judged.");
  return false;
}

/** Returns whether the only problem of a row is that the generator was the limit. */
function isDisturbed({ samples }: Results, { kind, budget }: BudgetVerdict): boolean {
  const reasons = samples
    .filter(({ row }) => row === budget.row || row === budget.against)
    .flatMap(({ invalid }) => invalid ?? []);
  return kind === "not measured" && reasons.length > 0 && reasons.every((reason) => reason.kind === "generator");
}

function measureFanout(effort: Effort): Promise<Results> {
  const measured = new Set(BUDGETS.flatMap(({ row, against }) => [row, against]));
  return runBench({
    scenarios: [lockstepFanout],
    rows: ROWS.filter(({ name }) => measured.has(name)),
    effort,
    seed: SEED,
    profile: null,
    argv: ["gate"],
    signal: new AbortController().signal,
    watch: () => {},
  });
}

/**
 * Upper bounds of CPU per delivery, as a ratio to a floor in the same rounds. They are not targets (see
 * `bench/targets.ts`): each is above the ratio measured on every machine so far, by more than the noise of a run of this
 * length, so that only a change of the code can exceed it.
 */
export const BUDGETS: readonly Target[] = [
  // Measured 1.02 to 1.26 in runs of seven rounds; twenty rounds and more give 1.04 to 1.16 (docs/performance.md).
  budget("websocket", "net", 1.4),
  budget("sse", "net", 1.4),
  // Measured 1.33 to 1.67: Fastify's routing, the session, the limits and the reader on top of a request.
  budget("long-polling", "http-long-polling", 2),
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
    goal: null,
  };
}

/** A budget after a run. Only an interval that is entirely above it exceeds it; anything else may be noise. */
export type BudgetVerdict =
  | { readonly kind: "kept" | "broken"; readonly budget: Target; readonly ratio: Estimate }
  | { readonly kind: "not measured"; readonly budget: Target; readonly why: string };

function judgeBudgets(summaries: readonly ScenarioSummary[], budgets: readonly Target[]): BudgetVerdict[] {
  return budgets.map((budget) => judgeBudget(summaries, budget));
}

function judgeBudget(summaries: readonly ScenarioSummary[], budget: Target): BudgetVerdict {
  const lines = summaries.find(({ scenario }) => scenario.name === budget.scenario)?.lines ?? [];
  const own = lines.filter(({ row }) => row.name === budget.row);
  const line = own.find(({ point }) => point === budget.point) ?? own.find(({ kind }) => kind === "invalid");
  if (line === undefined) return { kind: "not measured", budget, why: `there is no ${budget.row} in the results` };
  switch (line.kind) {
    case "invalid":
      return { kind: "not measured", budget, why: line.why };
    case "measured": {
      const ratio = ratioOf(line, budget);
      if (ratio === null) return { kind: "not measured", budget, why: `no round has both it and ${budget.against}` };
      return { kind: ratio.low > budget.bound ? "broken" : "kept", budget, ratio };
    }
  }
}

function ratioOf({ ratios }: Extract<Line, { kind: "measured" }>, { metric, against }: Target): Estimate | null {
  return ratios.find((cell) => cell.metric === metric && cell.against === against)?.ratio ?? null;
}

/** Returns a verdict as one line. */
function explainVerdict(verdict: BudgetVerdict): string {
  const { row, metric, against, bound } = verdict.budget;
  const what = `${row}: ${metric} × ${against}`;
  switch (verdict.kind) {
    case "kept":
    case "broken": {
      const { median, low, high } = verdict.ratio;
      const measured = `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
      return verdict.kind === "kept"
        ? `ok    ${what} is ${measured}, budget ${bound}`
        : `FAIL  ${what} is ${measured}: the whole interval is above the budget of ${bound}`;
    }
    case "not measured":
      return `none  ${what} was not measured: ${verdict.why}`;
  }
}
