/** `npm run fuzz -- --inputs 100000 --seed 1 [--only NAME] [--path PATH]`: exit code 1 where an input has broken something. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { Report } from "./contract.ts";
import { launch } from "./launch.ts";
import { TARGETS, targetNamed } from "./registry.ts";
import { lineOf, sumOf } from "./table.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    only: { type: "string", multiple: true, default: [] },
    path: { type: "string" },
    together: { type: "string", default: String(Math.min(2, availableParallelism())) },
  },
});
const waiting = (values.only.length > 0 ? values.only.map(targetNamed) : TARGETS).map(({ name }) => name);
const reports: Report[] = [];
const began = performance.now();

async function work(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const assignment = {
      targets: [name],
      inputs: whole("inputs", values.inputs),
      seed: whole("seed", values.seed),
      path: values.path ?? null,
    };
    await launch(assignment, (report) => {
      reports.push(report);
      console.log(lineOf(report));
    });
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(`--${name} ${text}: it takes a whole number`);
}

await Promise.all(Array.from({ length: whole("together", values.together) }, work));
console.log(`\n${sumOf(reports)}, in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
process.exitCode = reports.some(({ failure }) => failure !== null) ? 1 : 0;
