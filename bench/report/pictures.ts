import type { Sample } from "../contract.ts";
import type { ScenarioNote, ScenarioSummary } from "../results.ts";
import { BYTE_BARS, barPlot, cpuBars, ratioPlot, single } from "./costs.ts";
import { escapeHtml } from "./html-text.ts";
import { latencyFigure } from "./latency.ts";
import { isVaried, measuredOf, type Section, sectionsOf } from "./sections.ts";
import { slopeFigures } from "./slopes.ts";

const SINGLE = [
  single("memoryPerConnection", "Memory per idle connection: JavaScript heap solid", "KiB", 1_024, "heapPerConnection"),
  single("idleCpu", "CPU of an idle connection", "µs/s"),
  single("connectsPerSecond", "Connections opened per second", "1/s"),
  single(
    "deliveriesPerSecond",
    "Deliveries per second: what one message per write would give solid, what coalescing adds light",
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

/** In lockstep, at a burst, or at the highest rate of each, latency says how the question was put. */
const WITHOUT_CURVES: readonly string[] = ["saturate", "burst"];
/** At its own highest rate each row does another work. */
const WITHOUT_RATIOS: readonly string[] = ["saturate", "slope", "burst"];

/** The pictures of one scenario. */
export function picturesOf(summary: ScenarioSummary, samples: readonly Sample[]): string {
  const sections = sectionsOf(summary);
  if (isVaried(summary)) {
    const lines = sections.flatMap((section) => measuredOf(section).map(({ line }) => line));
    return `${cards(slopeFigures(lines))}${unmeasured(sections)}`;
  }
  return sections.map((section) => atPoint(summary.scenario, section, samples)).join("");
}

function atPoint({ name, metrics }: ScenarioNote, section: Section, samples: readonly Sample[]): string {
  const open = section.point !== null && section.point !== "lockstep";
  const costs = open
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
  return `${heading}${cards([...costs, latency])}${open ? unmeasured([section]) : ""}`;
}

function pointTitle(point: string): string {
  if (point === "lockstep") return "In lockstep";
  return point.endsWith("/s") ? `At ${point.slice(0, -2)} messages a second` : point;
}

/** Rows a picture leaves out because they have no number. */
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
