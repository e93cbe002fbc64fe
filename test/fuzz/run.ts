import fc from "fast-check";
import {
  type Definition,
  type Failure,
  Finding,
  type Plan,
  type Report,
  type Subject,
  type Target,
} from "./contract.ts";

/** Inputs between two checks that a well-formed client is served. */
const CHECK_EVERY = 500;
/** How long a smaller input is looked for, in ms: with hangs, every try may take seconds. */
const SHRINK_MS = 20_000;

/** Makes a target of a definition. */
export function target<Input>(definition: Definition<Input>): Target {
  const { name, what } = definition;
  return { name, what, run: (plan) => run(definition, plan) };
}

async function run<Input>(definition: Definition<Input>, plan: Plan): Promise<Report> {
  const began = performance.now();
  const tally = new Tally();
  const subject = await definition.open();
  const details = await fc.check(propertyOf(definition.input, subject, plan, tally), {
    numRuns: plan.path === undefined ? plan.inputs : 1,
    seed: plan.seed,
    ...(plan.path === undefined ? {} : { path: plan.path }),
  });
  const late = await caught(async () => {
    await subject.close?.();
    throwStrays(plan);
  });
  const found: Failure | null = details.failed
    ? {
        ...told(details.errorInstance),
        input: fc.stringify(details.counterexample?.[0]),
        seed: plan.seed,
        path: details.counterexamplePath,
      }
    : null;
  const atEnd = late === null ? null : { ...told(late), input: null, seed: plan.seed, path: null };
  return {
    target: definition.name,
    inputs: tally.inputs,
    outcomes: tally.outcomes,
    failure: found ?? atEnd,
    ms: performance.now() - began,
  };
}

/** Counts inputs and outcomes until the first failure; what follows is a search for a smaller one. */
class Tally {
  inputs = 0;
  readonly outcomes: Record<string, number> = {};
  failedAt: number | null = null;

  count(outcome: string): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
  }
}

function propertyOf<Input>(input: fc.Arbitrary<Input>, subject: Subject<Input>, plan: Plan, tally: Tally) {
  return fc.asyncProperty(input, async (given) => {
    if (tally.failedAt !== null && performance.now() - tally.failedAt > SHRINK_MS) return;
    plan.tried(tally.inputs);
    try {
      const outcome = await subject.try(given);
      if (tally.inputs % CHECK_EVERY === 0 || tally.failedAt !== null) await subject.check?.();
      throwStrays(plan);
      if (tally.failedAt !== null) return;
      tally.inputs += 1;
      tally.count(outcome);
    } catch (error) {
      if (tally.failedAt === null) tally.inputs += 1;
      tally.failedAt ??= performance.now();
      throw error;
    }
  });
}

function throwStrays(plan: Plan): void {
  const [first, ...others] = plan.strays();
  if (first === undefined) return;
  throw new Finding("crash", `nobody caught ${describe(first)} (and ${others.length} more)`, first);
}

async function caught(work: () => Promise<void>): Promise<unknown> {
  try {
    await work();
    return null;
  } catch (error) {
    return error;
  }
}

function told(error: unknown): Pick<Failure, "kind" | "message"> {
  return error instanceof Finding
    ? { kind: error.kind, message: error.message }
    : { kind: "crash", message: describe(error) };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
