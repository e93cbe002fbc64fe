import type { Report } from "./contract.ts";

/** What a run says of one target, and how to see its failure again. */
export function lineOf(report: Report): string {
  const { target, inputs, outcomes, failure, ms } = report;
  const counts = Object.entries(outcomes)
    .toSorted(([, one], [, other]) => other - one)
    .map(([outcome, count]) => `${outcome}: ${count}`);
  const head = `${target.padEnd(20)} ${String(inputs).padStart(8)} inputs ${(ms / 1_000).toFixed(1).padStart(7)} s  ${
    failure === null ? "none failed" : `FAILED (${failure.kind})`
  }`;
  return [head, ...wrapped(counts), ...(failure === null ? [] : explained(report))].join("\n");
}

/** Totals by kind of failure over all targets. */
export function sumOf(reports: readonly Report[]): string {
  const of = (kind: string): number => reports.filter(({ failure }) => failure?.kind === kind).length;
  const inputs = reports.reduce((sum, report) => sum + report.inputs, 0);
  return `${reports.length} targets, ${inputs} inputs: ${of("crash")} crashes, ${of("hang")} hangs, ${of("500")} internal errors, ${of("wrong")} wrong answers`;
}

function explained({ target, failure }: Report): string[] {
  if (failure === null) return [];
  const { message, input, seed, path } = failure;
  const replay = path === null ? "" : ` --path ${path}`;
  return [
    `  ${message.slice(0, 3_000).replaceAll("\n", "\n  ")}`,
    ...(input === null ? [] : [`  input: ${input.slice(0, 3_000)}`]),
    `  again: npm run fuzz -- --only ${target} --seed ${seed}${replay}`,
  ];
}

function wrapped(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 116) lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(`    ${word}`);
  }
  return lines;
}
