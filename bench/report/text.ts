import type { Target } from "../contract.ts";
import type { RatioCell, Results } from "../results.ts";
import type { Estimate } from "../statistics/summary.ts";
import type { Measured } from "./sections.ts";

/** Three significant digits, two below 1; thousands set apart. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en-US");
  if (size >= 10) return value.toFixed(1);
  if (size >= 1 || size < 1e-9) return size === 0 ? "0" : value.toFixed(2);
  return value.toFixed(Math.min(8, 1 - Math.floor(Math.log10(size))));
}

/** A tick of an axis: as short as it can be. */
export function tickText(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-US");
}

/** "1.08 (1.05–1.11)"; of one round, or where all agree, the number alone. */
export function estimateText({ median, low, high }: Estimate): string {
  return low === high ? digits(median) : `${digits(median)} (${digits(low)}–${digits(high)})`;
}

/** "1.08 × net (1.05–1.11)", led by the metric where it isn't CPU. */
export function ratioText({ metric, against, ratio: { median, low, high } }: RatioCell): string {
  const what = metric === "cpu" ? "" : `${metric} `;
  const interval = low === high ? "" : ` (${digits(low)}–${digits(high)})`;
  return `${what}${digits(median)} × ${against}${interval}`;
}

export function milliseconds(microseconds: number): string {
  return digits(microseconds / 1_000);
}

export function percentileText({ latency, lastLatency }: Measured): string {
  if (latency === null) return "";
  const last = lastLatency === null ? [] : [lastLatency.p99];
  return [latency.p50, latency.p99, latency.p999, ...last].map(milliseconds).join(" ");
}

const PERCENTILES: Readonly<Record<string, string>> = { p50: "p50", p99: "p99", "last-p99": "last reader's p99" };

/** What a target bounds, in words where the run has them: "CPU per delivery (lockstep) × net". */
export function targetText({ scenario, metric, against, point, againstPoint }: Target, { scenarios }: Results): string {
  const metrics = scenarios.find(({ name }) => name === scenario)?.metrics ?? [];
  const { title = PERCENTILES[metric] ?? metric, unit = "" } = metrics.find(({ name }) => name === metric) ?? {};
  const at = (where: string | null): string => (where === null ? "" : ` (${where})`);
  if (against === null) return `${title}${unit === "" ? "" : `, ${unit}`}${at(point)}`;
  return `${title}${at(point)} × ${against}${at(againstPoint)}`;
}

/** "≤ 3.40 (3.00)": the bound, and what would be better still. */
export function boundText({ direction, bound, stretch }: Target): string {
  const least = direction === "at most" ? "≤" : "≥";
  return `${least} ${digits(bound)}${stretch === null ? "" : ` (${digits(stretch)})`}`;
}
