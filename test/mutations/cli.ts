/** `npm run mutations [-- NAME …]`: breaks a copy of the product in many small ways; exit code 1 if no test notices one. */
import { parseArgs } from "node:util";
import type { Mutation, TestChoice, Verdict } from "./contract.ts";
import { MUTATIONS, mutationNamed } from "./list/all.ts";
import { runTests } from "./tests.ts";
import { Tree } from "./tree.ts";

const { positionals } = parseArgs({ allowPositionals: true });
const chosen = positionals.length > 0 ? positionals.map(mutationNamed) : MUTATIONS;
using tree = new Tree();

console.log("unbroken, the tests must pass:");
const allPass = await passUnbroken(distinct(chosen));
process.exitCode = allPass && (await breakAll(chosen)) ? 0 : 1;

async function passUnbroken(tests: readonly TestChoice[]): Promise<boolean> {
  let passed = true;
  for (const test of tests) {
    const verdict = await runTests(tree, [test]);
    passed &&= verdict.kind === "survived";
    console.log(
      `  ${verdict.kind === "survived" ? "passes" : "FAILS "} ${described(test)}${why(verdict)}, ${seconds(verdict)}`,
    );
  }
  return passed;
}

async function breakAll(mutations: readonly Mutation[]): Promise<boolean> {
  let caught = 0;
  console.log("\nbroken, a test must fail:");
  for (const mutation of mutations) {
    const undo = tree.mutate(mutation);
    const verdict = await runTests(tree, mutation.tests);
    undo();
    if (verdict.kind === "caught") caught += 1;
    console.log(`  ${verdict.kind.padEnd(8)} ${mutation.name}: ${mutation.breaks}, ${seconds(verdict)}${why(verdict)}`);
  }
  console.log(`\n${caught} of ${mutations.length} mutations were caught`);
  return caught === mutations.length;
}

function why(verdict: Verdict): string {
  switch (verdict.kind) {
    case "survived":
      return "";
    case "broken":
      return `\n           ${verdict.message}`;
    case "caught":
      return `\n           by ${verdict.test}\n           ${verdict.message.slice(0, 200)}`;
  }
}

function seconds({ ms }: Verdict): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function described(choice: TestChoice): string {
  if ("requirement" in choice) return `${choice.requirement} over ${choice.over}`;
  const { file, title, of } = choice;
  return [file, ...(title === undefined ? [] : [`(${title})`]), ...(of === undefined ? [] : [`of ${of}`])].join(" ");
}

/** Returns each choice of tests once, even if several mutations have it. */
function distinct(mutations: readonly Mutation[]): TestChoice[] {
  return [...new Map(mutations.flatMap(({ tests }) => tests).map((test) => [described(test), test])).values()];
}
