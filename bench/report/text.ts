import type { Line, RatioCell } from "../results.ts";
import type { Estimate } from "../statistics/summary.ts";

type Measured = Extract<Line, { kind: "measured" }>;

/** Three significant digits, thousands set apart. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en-US");
  return size === 0 ? "0" : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function estimateText({ median, low, high }: Estimate): string {
  return `${digits(median)} (${digits(low)}–${digits(high)})`;
}

/** "1.08 × net (1.05–1.11)", led by the metric where it isn't CPU. */
export function ratioText({ metric, against, ratio: { median, low, high } }: RatioCell): string {
  const what = metric === "cpu" ? "" : `${metric} `;
  return `${what}${digits(median)} × ${against} (${digits(low)}–${digits(high)})`;
}

export function milliseconds(microseconds: number): string {
  return digits(microseconds / 1_000);
}

export function percentileText({ latency, lastLatency }: Measured): string {
  if (latency === null) return "";
  const last = lastLatency === null ? [] : [lastLatency.p99];
  return [latency.p50, latency.p99, latency.p999, ...last].map(milliseconds).join(" ");
}
