import type { Line, Results } from "../results.ts";
import { summarise } from "../statistics/summarise.ts";
import { judgeTargets } from "../targets.ts";
import { escapeHtml } from "./html-text.ts";
import { picturesOf } from "./pictures.ts";
import { STYLE } from "./style.ts";
import { scenarioTable, verdictTable } from "./tables.ts";

/** A run as one HTML file that needs nothing but itself: no script, no request, for screen, dark screen and print. */
export function htmlReport(results: Results): string {
  const summaries = summarise(results).map((summary) => ({ ...summary, lines: byLeg(summary.lines) }));
  const verdicts = judgeTargets(results).filter(({ verdict }) => verdict !== "not measured");
  const met = verdicts.filter(({ verdict }) => verdict === "met").length;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Skyrocket bench, ${escapeHtml(results.started.slice(0, 10))}</title><style>${STYLE}</style></head><body>
<h1>Skyrocket bench</h1>
<p>What each transport costs and how fast it is: beside one another, beside the floors, and beside what people would use instead. Medians over rounds, with 95 % bootstrap intervals; ratios are taken inside each round. ${verdicts.length === 0 ? "" : `Of ${verdicts.length} targets that were measured, ${met} are met.`}</p>
${machine(results)}
<p class="key">${KEY}</p>
<nav><a href="#targets">Targets</a>${summaries.map(({ scenario }) => `<a href="#${scenario.name}">${escapeHtml(scenario.title)}</a>`).join("")}<a href="#rows">Rows</a></nav>
<h2 id="targets">Targets</h2>
<p>Met: the better end of the interval reaches the bound, and half its width is at most 5 % of the median. Unsure: it is wider than that, or there were fewer than three rounds.</p>
${verdictTable(verdicts)}
${summaries
  .map(
    (summary) => `<h2 id="${summary.scenario.name}">${escapeHtml(summary.scenario.title)}</h2>
<p>${escapeHtml(summary.scenario.question)}</p>
<p class="soft">${escapeHtml(effortText(summary.scenario.effort))}</p>
${picturesOf(summary, results.samples)}
<details open><summary>All numbers</summary>${scenarioTable(summary)}</details>`,
  )
  .join("\n")}
<h2 id="rows">Rows</h2>
${rows(results)}
</body></html>
`;
}

/** Rows of one leg beside one another, the floors in front; within a leg as they are listed. */
function byLeg(lines: readonly Line[]): Line[] {
  const legs = [...new Set(lines.map(({ row }) => row.leg))];
  return legs.flatMap((leg) => lines.filter(({ row }) => row.leg === leg));
}

const KEY = [
  ["ws", "", "WebSocket"],
  ["sse", "8 3 1.5 3", "Server-Sent Events"],
  ["long", "6 4", "long polling"],
  ["short", "1.5 4", "HTTP polling"],
  ["bare", "", "bare socket"],
]
  .map(
    ([leg, dash, label]) =>
      `<span><svg viewBox="0 0 36 10" aria-hidden="true"><line x1="0" y1="5" x2="36" y2="5" class="stroke ${leg}" stroke-width="2.5" stroke-dasharray="${dash}"/></svg>${label}</span>`,
  )
  .join("");

function machine({
  machine: { cpu, cores, memoryBytes, system, versions, load },
  commit,
  argv,
  seed,
  started,
  finished,
  pinned,
  loadAfter,
}: Results): string {
  const tree = commit === null ? "outside a repository" : `${commit.id}${commit.changed ? ", with changes" : ""}`;
  const entries = [
    ["machine", `${cpu}, ${cores} CPUs, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, ${system}`],
    ["versions", `Node ${versions.node}, V8 ${versions.v8}, libuv ${versions.uv}`],
    ["processes", pinned ? "servers on CPU 0, load generator on CPU 1" : "not bound to CPUs: expect more noise"],
    ["commit", tree],
    ["command", `npm run bench${argv.length === 0 ? "" : ` -- ${argv.join(" ")}`}`],
    ["seed", String(seed)],
    ["time", `${started} to ${finished}, load ${load.toFixed(2)} before and ${loadAfter.toFixed(2)} after`],
  ];
  return `<dl>${entries.map(([name = "", value = ""]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`).join("")}</dl>`;
}

function effortText({ rounds, seconds, readers }: Results["scenarios"][number]["effort"]): string {
  return `${rounds} ${rounds === 1 ? "round" : "rounds"}, windows of ${seconds} s, ${readers} ${readers === 1 ? "reader" : "readers"}.`;
}

function rows({ rows: measured, skipped }: Results): string {
  const lines = measured.map(
    ({ title, version, setting }) =>
      `<tr><td>${escapeHtml(title)}</td><td class="text">${escapeHtml(version ?? "")}</td><td class="text">${escapeHtml(setting)}</td></tr>`,
  );
  const missing = skipped.map(
    ({ title, why }) =>
      `<tr><td>${escapeHtml(title)}</td><td class="text">skipped</td><td class="text">${escapeHtml(why)}</td></tr>`,
  );
  return `<div class="wide"><table><thead><tr><th>row</th><th class="text">version</th><th class="text">setting</th></tr></thead><tbody>${[...lines, ...missing].join("")}</tbody></table></div>`;
}
