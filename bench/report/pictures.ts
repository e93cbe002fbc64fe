import type { Sample } from "../contract.ts";
import type { Line, RowNote, ScenarioSummary } from "../results.ts";
import { Histogram } from "../statistics/histogram.ts";
import { TARGETS } from "../targets.ts";
import { lookOf } from "./look.ts";
import { barPlot } from "./svg/bars.ts";
import { curvePlot } from "./svg/curves.ts";
import { forestPlot } from "./svg/forest.ts";

type Measured = Extract<Line, { kind: "measured" }>;

/** What is shown as single bars where a scenario has it, with how many of its unit make one of the picture's. */
const BARS = [
  { metric: "memoryPerConnection", unit: "KiB", per: 1_024 },
  { metric: "idleCpu", unit: "µs/s", per: 1 },
  { metric: "deliveriesPerSecond", unit: "/s", per: 1 },
  { metric: "back95", unit: "ms", per: 1 },
  { metric: "othersP99", unit: "×", per: 1 },
  { metric: "delivered", unit: "%", per: 1 },
  { metric: "requestsPerSecond", unit: "/s", per: 1 },
] as const;

/** Percentiles at which a curve has its ticks: 1 / (1 - p). */
const PERCENTILES = [
  [1, "0 %"],
  [2, "50 %"],
  [10, "90 %"],
  [100, "99 %"],
  [1_000, "99.9 %"],
  [10_000, "99.99 %"],
] as const;

/** A point that varies one thing: "200 readers". */
const VARIED = /^([\d.]+)(?: (readers|bytes)|\/s)$/;

/** The pictures of one scenario, each under a heading of its own. */
export function picturesOf(summary: ScenarioSummary, samples: readonly Sample[]): string {
  const measured = summary.lines.filter((line) => line.kind === "measured");
  const points = [...new Set(measured.map(({ point }) => point))];
  const slopes = summary.scenario.name === "slope";
  const perPoint = slopes
    ? []
    : points.flatMap((point) =>
        atPoint(
          summary,
          measured.filter((line) => line.point === point),
          samples,
          point,
        ),
      );
  return [...perPoint, ...(slopes ? slopesOf(measured) : [])].join("\n");
}

function atPoint(
  summary: ScenarioSummary,
  lines: readonly Measured[],
  samples: readonly Sample[],
  point: string | null,
): string[] {
  const { scenario } = summary;
  const where = point === null ? "" : `, ${point}`;
  const inLockstep = scenario.name !== "fanout" || point === "lockstep";
  const pictures: string[] = [];
  const ratios = lines.flatMap((line) => {
    const cell = line.ratios.find(({ metric, against }) => metric === "cpu" && against === "net");
    return cell === undefined
      ? []
      : [
          {
            label: line.row.title,
            look: lookOf(line.row),
            ...cell.ratio,
            bound: boundOf(scenario.name, point, line.row),
          },
        ];
  });
  if (inLockstep && ratios.length > 0)
    pictures.push(
      headed(
        `CPU as a ratio to net${where}`,
        forestPlot(`CPU per delivery against the net floor${where}, with 95 % intervals`, ratios),
      ),
    );
  const cpu = lines.flatMap((line) => {
    const [user, system] = [medianOf(line, "user"), medianOf(line, "system")];
    return user === null || system === null
      ? []
      : [{ label: line.row.title, look: lookOf(line.row), parts: [user, system] }];
  });
  if (inLockstep && cpu.length > 0)
    pictures.push(
      headed(
        `CPU per delivery${where}: user solid, system light, µs`,
        barPlot(`CPU per delivery${where}, user and system`, "µs", cpu),
      ),
    );
  for (const { metric, unit, per } of BARS) {
    const title = scenario.metrics.find(({ name }) => name === metric)?.title;
    const bars = lines.flatMap((line) => {
      const value = medianOf(line, metric);
      return value === null ? [] : [{ label: line.row.title, look: lookOf(line.row), parts: [value / per] }];
    });
    if (title !== undefined && bars.length > 0)
      pictures.push(headed(`${title}${where}`, barPlot(`${title}${where}`, unit, bars)));
  }
  const curves = lines.flatMap((line) => {
    const latency = merged(samples, scenario.name, line);
    return latency === null ? [] : [{ label: line.row.name, look: lookOf(line.row), points: latency }];
  });
  if (curves.length > 0 && (scenario.name !== "fanout" || point !== "lockstep") && scenario.name !== "burst")
    pictures.push(
      headed(
        `Latency by percentile${where}, ms`,
        curvePlot({ title: `Latency by percentile${where}`, y: "ms", xTicks: PERCENTILES }, curves),
      ),
    );
  return pictures;
}

/** One plot for each thing that was varied, and for each of CPU and latency. */
function slopesOf(lines: readonly Measured[]): string[] {
  const kinds = ["readers", "bytes", "/s"];
  return kinds.flatMap((kind) =>
    ["cpu", "p50", "p99"].flatMap((metric) => {
      const rows = new Map<string, { row: RowNote; points: [number, number][] }>();
      for (const line of lines) {
        const [, value, unit = "/s"] = VARIED.exec(line.point ?? "") ?? [];
        const y = medianOf(line, metric);
        if (value === undefined || unit !== kind || y === null || y <= 0) continue;
        const entry = rows.get(line.row.name) ?? { row: line.row, points: [] };
        entry.points.push([Number(value), metric === "cpu" ? y : y / 1_000]);
        rows.set(line.row.name, entry);
      }
      const curves = [...rows.values()].map(({ row, points }) => ({
        label: row.name,
        look: lookOf(row),
        points: points.sort(([a], [b]) => a - b),
      }));
      if (curves.length === 0) return [];
      const ticks = [...new Set(curves.flatMap(({ points }) => points.map(([x]) => x)))].map(
        (x) => [x, String(x)] as const,
      );
      const what = metric === "cpu" ? "CPU per delivery, µs" : `${metric}, ms`;
      const by = kind === "/s" ? "messages a second" : kind === "bytes" ? "bytes of text" : "readers";
      return [
        headed(
          `${what}, by ${by}`,
          curvePlot({ title: `${what}, by ${by}`, y: metric === "cpu" ? "µs" : "ms", xTicks: ticks }, curves),
        ),
      ];
    }),
  );
}

function headed(title: string, picture: string): string {
  return `<h3>${title}</h3>${picture}`;
}

function medianOf({ cells }: Measured, metric: string): number | null {
  return cells.find((cell) => cell.metric === metric)?.value.median ?? null;
}

function boundOf(scenario: string, point: string | null, row: RowNote): number | null {
  const target = TARGETS.find(
    (each) =>
      each.scenario === scenario &&
      each.point === point &&
      each.row === row.name &&
      each.metric === "cpu" &&
      each.against === "net" &&
      each.againstPoint === null,
  );
  return target?.bound ?? null;
}

/** The curve of all rounds' receipts: [1 / (1 - p), ms]. */
function merged(samples: readonly Sample[], scenario: string, { row, point }: Measured): [number, number][] | null {
  const all = new Histogram();
  for (const sample of samples)
    if (sample.scenario === scenario && sample.row === row.name && sample.point === point && sample.invalid === null)
      all.add(sample.latency ?? []);
  if (all.count === 0) return null;
  const curve: [number, number][] = [];
  for (const { percent, value, count } of all.points())
    if (count < all.count) curve.push([100 / (100 - percent), Math.max(value, 1) / 1_000]);
  return curve.length < 2 ? null : curve;
}
