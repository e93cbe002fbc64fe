import type { Results, ScenarioNote, ScenarioSummary } from "../results.ts";
import { summarise } from "../statistics/summarise.ts";
import { judgeTargets } from "../targets.ts";
import { escapeHtml, prose } from "./html-text.ts";
import { numbersOf } from "./numbers.ts";
import { picturesOf } from "./pictures.ts";
import { legend, provenance, rowTable } from "./provenance.ts";
import { STYLE } from "./style.ts";
import { verdictTable, verdictTiles } from "./verdicts.ts";

const ROCKET = `<svg class="mark" viewBox="0 0 16 16" aria-hidden="true"><path d="M8 1c3 2 4 5 4 8l1.5 3H2.5L4 9c0-3 1-6 4-8z"/><circle cx="8" cy="6.5" r="1.5"/></svg>`;

/** A run as one HTML file that needs nothing but itself: no script, no request, for screen, dark screen and print. */
export function htmlReport(results: Results): string {
  const summaries = summarise(results);
  const verdicts = judgeTargets(results);
  const scenarios = summaries.map((summary) => scenarioPart(summary, results));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Skyrocket bench, ${escapeHtml(results.started.slice(0, 10))}</title><style>${STYLE}</style></head><body>
<header><div><h1>${ROCKET}Skyrocket bench</h1>
<p>What each transport costs and how fast it is: beside one another, beside the floors, and beside what people would use instead. Medians over rounds, with 95 % bootstrap intervals; ratios are taken inside each round.</p></div>
<nav aria-label="Sections"><a href="#targets">Targets</a>${summaries.map(({ scenario }) => `<a href="#${escapeHtml(scenario.name)}">${escapeHtml(scenario.title)}</a>`).join("")}<a href="#rows">Rows</a></nav></header>
<main>
<section><h2>This run</h2>${provenance(results)}${legend()}</section>
<section id="targets"><h2>Targets</h2>
<p>Met: the better end of the interval reaches the bound, and half its width is at most 5 % of the median. Unsure: it is wider than that, or there were fewer than three rounds. Left of the line the bound is kept; in brackets, what would be better still.</p>
${verdictTiles(verdicts)}<div class="card">${verdictTable(verdicts, results)}</div></section>
${scenarios.join("\n")}
<section id="rows"><h2>Rows</h2><p>All broadcast the same bytes to the same raw sockets, each at its best documented setting.</p><div class="card">${rowTable(results)}</div></section>
</main></body></html>
`;
}

function scenarioPart(summary: ScenarioSummary, { samples }: Results): string {
  const { scenario } = summary;
  return `<section id="${escapeHtml(scenario.name)}"><h2>${escapeHtml(scenario.title)}</h2>
<p>${prose(scenario.question)}</p><p class="soft">${escapeHtml(effortText(scenario.effort))}</p>
${picturesOf(summary, samples)}
<details open><summary>All numbers</summary><div class="card">${numbersOf(summary)}</div></details></section>`;
}

function effortText({ rounds, seconds, readers }: ScenarioNote["effort"]): string {
  return `${rounds} ${rounds === 1 ? "round" : "rounds"}, windows of ${seconds} s, ${readers} ${readers === 1 ? "reader" : "readers"}.`;
}
