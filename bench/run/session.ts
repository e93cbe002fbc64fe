import { spawnSync } from "node:child_process";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import type { Effort, Row, Sample, Scenario } from "../contract.ts";
import { Generator } from "../generator/client.ts";
import { describeMachine, placement } from "../measure/machine.ts";
import type { Results, RowNote, ScenarioNote } from "../results.ts";
import { seededRandom } from "../statistics/estimates.ts";
import type { Plan } from "./progress.ts";
import { measureFresh, measurePersistent, type Work } from "./rounds.ts";

/**
 * Makes a run: one scenario after another, each with a new load generator. After each scenario `watch` gets the results
 * so far. It ends every process it started, even if it fails or `signal` aborts; samples until then are kept.
 */
export async function runBench(plan: Plan): Promise<Results> {
  const place = placement();
  const rows = plan.rows.filter((row) => row.missing === null);
  const skipped = plan.rows.flatMap(({ name, title, missing }) =>
    missing === null ? [] : [{ row: name, title, why: missing }],
  );
  for (const row of plan.rows) if (row.missing !== null) plan.watch({ kind: "skipped", row, why: row.missing });
  const started = {
    schema: 3,
    started: new Date().toISOString(),
    argv: plan.argv,
    seed: plan.seed,
    commit: currentCommit(),
    machine: describeMachine(),
    pinned: place.server !== null,
    rows: rows.map(noteRow),
    skipped,
  } as const;
  const scenarios: ScenarioNote[] = [];
  const samples: Sample[] = [];
  const results = (): Results => ({
    ...started,
    finished: new Date().toISOString(),
    loadAfter: loadavg()[0] ?? 0,
    scenarios: [...scenarios],
    samples: [...samples],
  });
  const random = seededRandom(plan.seed);
  for (const scenario of plan.scenarios) {
    if (plan.signal.aborted) break;
    const effort = scenario.adapt(plan.effort);
    const applying = rows.filter(
      (row) => (row.only === undefined || row.only.includes(scenario.name)) && scenario.applies(row),
    );
    plan.watch({ kind: "scenario", scenario, rows: applying.length, rounds: effort.rounds });
    scenarios.push(noteScenario(scenario, effort));
    const generator = new Generator(place.load);
    try {
      const work: Work = { scenario, effort, rows: applying, generator, place, random, plan, samples };
      await (scenario.lifecycle === "persistent" ? measurePersistent(work) : measureFresh(work));
    } finally {
      await generator.stop();
    }
    plan.watch({ kind: "finished", scenario, results: results() });
  }
  return results();
}

function noteRow({ name, title, system, kind, leg, setting, version }: Row): RowNote {
  return { name, title, system, kind, leg, setting, version };
}

function noteScenario({ name, title, question, metrics }: Scenario, effort: Effort): ScenarioNote {
  return { name, title, question, metrics, effort };
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Returns the commit and whether the tree differs from it; null outside a git repository. */
export function currentCommit(): { id: string; changed: boolean } | null {
  const git = (...args: readonly string[]): string | null => {
    const { status, stdout } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
    return status === 0 ? stdout.trim() : null;
  };
  const id = git("rev-parse", "--short=12", "HEAD");
  return id === null ? null : { id, changed: git("status", "--porcelain", "--untracked-files=no") !== "" };
}
