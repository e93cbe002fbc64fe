import type { Effort } from "../contract.ts";
import { ROWS } from "../registry.ts";
import type { Results } from "../results.ts";
import { runBench } from "../run/session.ts";
import { lockstepFanout } from "../scenarios/deliveries.ts";
import { summarise } from "../statistics/summarise.ts";
import { BUDGETS } from "./budgets.ts";
import { explainStanding, judgeBudgets, type Standing } from "./judge.ts";

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
