import type { Metric } from "../contract.ts";

/** What a delivery costs the server; shared by the scenarios that ask for it. */
export const CPU: Metric = { name: "cpu", title: "CPU per delivery", unit: "µs", better: "lower" };

/** Bytes down beyond those of the `net` floor, which sends the same events bare; taken inside each round. */
export const OVERHEAD: Metric = { name: "overhead", title: "overhead down", unit: "bytes", better: "lower" };

export const DELIVERY_METRICS: readonly Metric[] = [
  CPU,
  { name: "user", title: "of it user", unit: "µs", better: "lower" },
  { name: "system", title: "of it system", unit: "µs", better: "lower" },
  { name: "bytesDown", title: "bytes down per delivery", unit: "bytes", better: "lower" },
  OVERHEAD,
  { name: "bytesUp", title: "bytes up per delivery", unit: "bytes", better: "lower" },
  { name: "readsPerDelivery", title: "reads per delivery", unit: "", better: "lower" },
];
