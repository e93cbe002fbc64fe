import type { Target } from "../contract.ts";
import type { Line, ScenarioSummary } from "../results.ts";
import type { Estimate } from "../statistics/summary.ts";

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
