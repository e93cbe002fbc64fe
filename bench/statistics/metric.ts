import type { Sample } from "../contract.ts";
import { type EncodedHistogram, Histogram } from "./histogram.ts";

/** Numbers that stand in a sample's histograms: "p99" of all receipts, "last-p99" of the last reader's. */
const PERCENTILE = /^(last-)?p(50|90|99|999)$/;

/** A number of one sample by its name, microseconds for percentiles; null where the sample has none. */
export function metricOf({ metrics, latency, lastLatency }: Sample, name: string): number | null {
  const own = metrics[name];
  // A number that isn't one has become null in the file.
  if (own !== undefined) return Number.isFinite(own) ? own : null;
  const [, last, percent] = PERCENTILE.exec(name) ?? [];
  if (percent === undefined) return null;
  return percentile(last === undefined ? latency : lastLatency, percent === "999" ? 99.9 : Number(percent));
}

function percentile(encoded: EncodedHistogram | null, percent: number): number | null {
  return encoded === null || encoded.length === 0 ? null : Histogram.decode(encoded).percentile(percent);
}
