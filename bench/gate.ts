import type { Effort, Target } from "./contract.ts";
import { ROWS } from "./registry.ts";
import type { Line, Results, ScenarioSummary } from "./results.ts";
import { runBench } from "./run/session.ts";
import { lockstepFanout } from "./scenarios/deliveries.ts";
import type { Estimate } from "./statistics/estimates.ts";
import { summarise } from "./statistics/summarise.ts";

/** About a minute; a second try takes twice as long. */
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
 * The gate of ratios, for every commit: a short fan-out of our transports beside the floors. False when the lower end of
 * a ratio's interval is above its budget, twice, the second time with twice the rounds; or at once when a message was
 * lost, doubled or reordered; or when a row could not be measured, unless other work on the machine spoilt it. Absolute
 * times are not looked at. `measure` is there for tests.
 */
export async function gate(say: (line: string) => void, measure = measureFanout): Promise<boolean> {
  for (const rounds of [EFFORT.rounds, EFFORT.rounds * 2]) {
    say(`${lockstepFanout.title}: our transports and the floors, ${rounds} rounds`);
    const results = await measure({ ...EFFORT, rounds });
    const faulty = results.samples.filter(({ invalid }) => invalid?.kind === "faults");
    for (const { row, round, faults } of faulty)
      say(
        `FAIL  ${row}, round ${round}: ${faults.lost} lost, ${faults.doubled} doubled, ${faults.reordered} reordered`,
      );
    if (faulty.length > 0) return false;
    const standings = judgeBudgets(summarise(results), BUDGETS);
    for (const standing of standings) say(explainStanding(standing));
    if (standings.every(({ kind }) => kind === "kept")) return true;
    // Whoever else is at work here is not this tree's fault: what can't be told breaks nothing, and is not called kept.
    const last = rounds !== EFFORT.rounds;
    if (last && standings.every((standing) => standing.kind === "kept" || isSpoilt(results, standing))) {
      say("What was not measured was spoilt by other work on this machine: run it again on a quieter one.");
      return true;
    }
  }
  say("A budget was broken, or could not be judged.");
  return false;
}

/** Whether nothing is against a row but that the generator was the limit. */
function isSpoilt({ samples }: Results, { kind, budget }: Standing): boolean {
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
 * What must not get worse: CPU per delivery as a ratio to a floor of the same rounds. These are no goals (those are in
 * `bench/targets.ts`): each lies above what the tree has kept on every machine it was run on, by as much as a run of
 * this length can't tell apart, so that only a change of the code can break it.
 */
export const BUDGETS: readonly Target[] = [
  budget("websocket", "net", 1.25),
  budget("sse", "net", 1.25),
  budget("long-polling", "http-long-polling", 1.25),
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

/** How a budget stands after a run. Only a whole interval above it breaks it: the rest is noise or too few rounds. */
export type Standing =
  | { readonly kind: "kept" | "broken"; readonly budget: Target; readonly ratio: Estimate }
  | { readonly kind: "not measured"; readonly budget: Target; readonly why: string };

export function judgeBudgets(summaries: readonly ScenarioSummary[], budgets: readonly Target[]): Standing[] {
  return budgets.map((budget) => judgeBudget(summaries, budget));
}

function judgeBudget(summaries: readonly ScenarioSummary[], budget: Target): Standing {
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

/** One line for people. */
export function explainStanding(standing: Standing): string {
  const { row, metric, against, bound } = standing.budget;
  const what = `${row}: ${metric} × ${against}`;
  switch (standing.kind) {
    case "kept":
    case "broken": {
      const { median, low, high } = standing.ratio;
      const measured = `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
      return standing.kind === "kept"
        ? `ok    ${what} is ${measured}, budget ${bound}`
        : `FAIL  ${what} is ${measured}: the whole interval is above the budget of ${bound}`;
    }
    case "not measured":
      return `none  ${what} was not measured: ${standing.why}`;
  }
}
