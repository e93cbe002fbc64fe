/** The HTML report: the frame, the run, figures and tables of each scenario, and the rows. */
import type { Sample } from "../contract.ts";
import type { Results, ScenarioNote, ScenarioSummary } from "../results.ts";
import { judgeTargets, summarise } from "../statistics/summarise.ts";
import { BYTE_BARS, barPlot, cpuBars, ratioPlot, single } from "./bars.ts";
import { latencyFigure, slopeFigures } from "./curves.ts";
import { byLeg, glyph, isVaried, type Measured, measuredOf, type Section, SIGNS, sectionsOf } from "./look.ts";
import { escapeHtml, marker, prose } from "./markup.ts";
import { STYLE } from "./style.ts";
import { digits, milliseconds, ratioText } from "./text.ts";
import { verdictTable, verdictTiles } from "./verdicts.ts";

const ROCKET = `<svg class="mark" viewBox="0 0 16 16" aria-hidden="true"><path d="M8 1c3 2 4 5 4 8l1.5 3H2.5L4 9c0-3 1-6 4-8z"/><circle cx="8" cy="6.5" r="1.5"/></svg>`;

/** Returns a run as one self-contained HTML file without scripts and requests, for light and dark screens and for print. */
export function htmlReport(results: Results): string {
  const summaries = summarise(results);
  const verdicts = judgeTargets(results);
  const scenarios = summaries.map((summary) => scenarioPart(summary, results));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Skyrocket bench, ${escapeHtml(results.started.slice(0, 10))}</title><style>${STYLE}</style></head><body>
<header><div><h1>${ROCKET}Skyrocket bench</h1>
<p>What each transport costs and how fast it is, compared with the others, with the floors, and with what people would use instead. Medians over rounds, with 95 % bootstrap intervals; ratios are taken within each round.</p></div>
<nav aria-label="Sections"><a href="#targets">Targets</a>${summaries.map(({ scenario }) => `<a href="#${escapeHtml(scenario.name)}">${escapeHtml(scenario.title)}</a>`).join("")}<a href="#rows">Rows</a></nav></header>
<main>
<section><h2>This run</h2>${provenance(results)}${legend()}</section>
<section id="targets"><h2>Targets</h2>
<p>Met: the better end of the interval reaches the bound, and half its width is at most 5 % of the median. Unsure: it is wider than that, or there were fewer than three rounds. A mark left of the line is within the bound. A goal beyond the bound is in brackets.</p>
${verdictTiles(verdicts)}<div class="card">${verdictTable(verdicts, results)}</div></section>
${scenarios.join("\n")}
<section id="rows"><h2>Rows</h2><p>All rows broadcast the same bytes to the same raw sockets, each with its best documented settings.</p><div class="card">${rowTable(results)}</div></section>
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

/** Returns a run's machine, versions, commit, command and time. A number means nothing without them. */
function provenance(results: Results): string {
  const entries = describeRun(results).map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  return `<dl class="provenance">${entries.join("")}</dl>`;
}

function describeRun({
  machine: { cpu, cores, memoryBytes, system, versions, load, governor, clocksource, openFiles },
  commit,
  argv,
  seed,
  started,
  finished,
  pinned,
  loadAfter,
}: Results): readonly (readonly [name: string, value: string])[] {
  const details = [
    governor ? [`governor ${governor}`] : [],
    clocksource ? [`clock ${clocksource}`] : [],
    openFiles ? [`${openFiles.toLocaleString("en-US")} open files a process`] : [],
  ].flat();
  return [
    ["machine", [cpu, `${cores} CPUs`, `${(memoryBytes / 2 ** 30).toFixed(0)} GiB`, system, ...details].join(", ")],
    ["versions", `Node ${versions.node}, V8 ${versions.v8}, libuv ${versions.uv}`],
    ["processes", pinned ? "servers on CPU 0, load generator on CPU 1" : "not bound to CPUs: expect more noise"],
    ["commit", commit === null ? "outside a repository" : `${commit.id}${commit.changed ? ", with changes" : ""}`],
    ["command", `npm run bench${argv.length === 0 ? "" : ` -- ${argv.join(" ")}`}`],
    ["seed", String(seed)],
    ["time", `${minute(started)} to ${minute(finished)} UTC`],
    ["load", `${load.toFixed(2)} before, ${loadAfter.toFixed(2)} after`],
  ];
}

/** Returns the meaning of colors, lines and markers. */
function legend(): string {
  const legs = SIGNS.map(
    (sign) =>
      `<li class="${sign.tone}">${glyph(sign)}<svg class="sample" viewBox="0 0 36 10" aria-hidden="true"><path d="M1 5h34" class="curve ours" stroke-dasharray="${sign.dash}"/></svg><span>${escapeHtml(sign.title)}</span></li>`,
  );
  const kinds = (
    [
      ["ours", "Skyrocket"],
      ["peer", "a peer"],
      ["floor", "a floor: the cheapest server that sends the same bytes"],
    ] as const
  ).map(
    ([kind, title]) =>
      `<li><svg class="glyph bare ${kind}" viewBox="0 0 16 16" aria-hidden="true">${marker({ kind }, "50%")}</svg><span>${title}</span></li>`,
  );
  const bound = `<li><svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d="M8 1v14" class="bound"/></svg><span>the bound of a target</span></li>`;
  return `<ul class="legend">${[...legs, ...kinds, bound].join("")}</ul>`;
}

/** Returns every row's version and settings, and why other rows were skipped. */
function rowTable({ rows, skipped }: Results): string {
  const groups = byLeg(rows.map((row) => ({ row }))).flatMap(({ sign, items }) =>
    items.map(
      ({ row: { name, title, kind, version, setting } }) =>
        `<tr><th scope="row" class="${kind}"><span class="${sign.tone}">${glyph(sign)}</span>${escapeHtml(title)}<br><code>${escapeHtml(name)}</code></th><td>${escapeHtml(version ?? "")}</td><td>${prose(setting)}</td></tr>`,
    ),
  );
  const missing = skipped.map(
    ({ row, title, why }) =>
      `<tr><th scope="row">${escapeHtml(title)}<br><code>${escapeHtml(row)}</code></th><td>skipped</td><td>${escapeHtml(why)}</td></tr>`,
  );
  return `<table class="rows"><thead><tr><th scope="col">row</th><th scope="col">version</th><th scope="col">setting</th></tr></thead><tbody>${[...groups, ...missing].join("")}</tbody></table>`;
}

function minute(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}

const SINGLE = [
  single("memoryPerConnection", "Memory per idle connection: JavaScript heap solid", "KiB", 1_024, "heapPerConnection"),
  single("idleCpu", "CPU of an idle connection", "µs/s"),
  single("connectsPerSecond", "Connections opened per second", "1/s"),
  single(
    "deliveriesPerSecond",
    "Deliveries per second: with one message per write solid, gain by coalescing light",
    "1/s",
    1,
    "singleDeliveriesPerSecond",
  ),
  single("othersP99", "The others' 99th percentile, as a ratio to the undisturbed one", "×"),
  single("back95", "95 % back after", "ms"),
  single("delivered", "Messages delivered", "%"),
  single("cpuPerMessage", "CPU per message, deliveries included", "µs"),
  single("requestsPerSecond", "Requests per second", "1/s"),
];

/** Scenarios whose load depends on the row, so that latency curves can't be compared. */
const WITHOUT_CURVES: readonly string[] = ["saturate", "burst"];
/** Scenarios whose CPU ratios can't be compared, since rows do different work. */
const WITHOUT_RATIOS: readonly string[] = ["saturate", "slope", "burst"];

/** Returns the figures of one scenario. */
export function picturesOf(summary: ScenarioSummary, samples: readonly Sample[]): string {
  const sections = sectionsOf(summary);
  if (isVaried(summary)) {
    const lines = sections.flatMap((section) => measuredOf(section).map(({ line }) => line));
    return `${cards(slopeFigures(lines))}${unmeasured(sections)}`;
  }
  return sections.map((section) => atPoint(summary.scenario, section, samples)).join("");
}

function atPoint({ name, metrics }: ScenarioNote, section: Section, samples: readonly Sample[]): string {
  // At a fixed rate only the latency is drawn; the costs are those in lockstep.
  const isFixedRate = section.point !== null && section.point !== "lockstep";
  const costs = isFixedRate
    ? []
    : [
        WITHOUT_RATIOS.includes(name) ? "" : ratioPlot(name, section),
        WITHOUT_RATIOS.includes(name) ? "" : barPlot(cpuBars(metrics), section),
        section.point === "lockstep" ? barPlot(BYTE_BARS, section) : "",
        ...SINGLE.map((plot) => barPlot(plot, section)),
      ];
  const latency =
    section.point === "lockstep" || WITHOUT_CURVES.includes(name) ? "" : latencyFigure(name, section, samples);
  const heading = section.point === null ? "" : `<h3>${escapeHtml(pointTitle(section.point))}</h3>`;
  return `${heading}${cards([...costs, latency])}${isFixedRate ? unmeasured([section]) : ""}`;
}

function pointTitle(point: string): string {
  if (point === "lockstep") return "In lockstep";
  return point.endsWith("/s") ? `At ${point.slice(0, -2)} messages a second` : point;
}

/** Returns the rows that a figure leaves out, and why they have no number. */
function unmeasured(sections: readonly Section[]): string {
  const whys = sections.flatMap(({ named }) =>
    named.flatMap(({ line }) =>
      line.kind === "invalid" ? [`${line.row.title}${line.point === null ? "" : `, ${line.point}`}: ${line.why}`] : [],
    ),
  );
  return whys.length === 0
    ? ""
    : `<ul class="invalid">${whys.map((why) => `<li>${escapeHtml(why)}</li>`).join("")}</ul>`;
}

function cards(pictures: readonly string[]): string {
  const drawn = pictures.filter((picture) => picture !== "");
  return drawn.map((picture) => `<div class="card">${picture}</div>`).join("");
}

type Metrics = ScenarioSummary["scenario"]["metrics"];

/** Returns the tables of one scenario: for each point one of the costs, and one of latencies and faults. */
function numbersOf(summary: ScenarioSummary): string {
  const sections = isVaried(summary) ? [together(summary)] : sectionsOf(summary);
  return sections
    .map((section) => {
      const heading = section.point === null ? "" : `<h4>${escapeHtml(section.point)}</h4>`;
      return `${heading}${costTable(summary.scenario.metrics, section)}${accountTable(section)}`;
    })
    .join("");
}

/** Returns all points as one section: varied values are compared by row, not by point. */
function together({ lines }: ScenarioSummary): Section {
  return {
    point: null,
    named: lines.map((line) => ({ label: `${line.row.title}: ${line.point}`, row: line.row, line })),
  };
}

function costTable(all: Metrics, section: Section): string {
  const measured = section.named.flatMap(({ line }) => (line.kind === "measured" ? [line] : []));
  const metrics = all.filter(({ name }) => measured.some(({ cells }) => cells.some(({ metric }) => metric === name)));
  const withRatios = measured.some(({ ratios }) => ratios.length > 0);
  const headings = [
    ...metrics.map(({ title, unit }) => (unit === "" ? title : `${title}, ${unit}`)),
    ...(withRatios ? ["ratios"] : []),
  ];
  return numberTable(headings, section, ({ cells, ratios }) => [
    ...metrics.map(({ name }) => {
      const value = cells.find(({ metric }) => metric === name)?.value;
      if (value === undefined) return "";
      const { median, low, high } = value;
      return `${digits(median)}${low === high ? "" : ` <small>${digits(low)}–${digits(high)}</small>`}`;
    }),
    ...(withRatios ? [ratios.map((ratio) => escapeHtml(ratioText(ratio))).join("<br>")] : []),
  ]);
}

/** Returns the table of latencies and faults. Every measured line shows its faults. */
function accountTable(section: Section): string {
  const withLatency = section.named.some(({ line }) => line.kind === "measured" && line.latency !== null);
  const headings = [
    ...(withLatency ? ["receipts", "p50, ms", "p90", "p99", "p99.9", "longest", "last reader's p99"] : []),
    "rounds",
    "lost",
    "duplicated",
    "reordered",
  ];
  return numberTable(headings, section, ({ latency, lastLatency, rounds, leftOut, lost, duplicated, reordered }) => {
    const times =
      latency === null
        ? ["", "", "", "", "", "", ""]
        : [
            digits(latency.count),
            ...[latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(milliseconds),
            lastLatency === null ? "" : milliseconds(lastLatency.p99),
          ];
    return [
      ...(withLatency ? times : []),
      leftOut === 0 ? String(rounds) : `${rounds}, ${leftOut} left out`,
      ...[lost, duplicated, reordered].map(digits),
    ];
  });
}

function numberTable(
  headings: readonly string[],
  { named }: Section,
  cells: (line: Measured) => readonly string[],
): string {
  const head = headings.map((heading) => `<th scope="col">${escapeHtml(heading)}</th>`).join("");
  const body = byLeg(named).flatMap(({ sign, items }) =>
    items.map(({ label, row, line }) => {
      const name = `<th scope="row" class="${row.kind}"><span class="${sign.tone}">${glyph(sign)}</span>${escapeHtml(label)}</th>`;
      return line.kind === "invalid"
        ? `<tr>${name}<td class="invalid" colspan="${headings.length}">${escapeHtml(line.why)}</td></tr>`
        : `<tr>${name}${cells(line)
            .map((cell) => `<td>${cell}</td>`)
            .join("")}</tr>`;
    }),
  );
  return `<div class="wide"><table class="numbers"><thead><tr><th scope="col">row</th>${head}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}
