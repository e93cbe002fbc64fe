import type { Sample } from "../contract.ts";
import { OVERHEAD } from "../scenarios/window.ts";
import { metricOf } from "./metric.ts";

/** A metric in each round. What lies around the payload is told by the `net` floor, which sends the payload and nothing else. */
export function valuesOf(all: readonly Sample[], own: readonly Sample[], metric: string): number[] {
  if (metric !== OVERHEAD.name) return own.flatMap((sample) => metricOf(sample, metric) ?? []);
  return own.flatMap((sample) => {
    const floor = all.find(
      ({ row, round, point }) => row === "net" && round === sample.round && point === sample.point,
    );
    const [bytes, payload] = [metricOf(sample, "bytesDown"), floor === undefined ? null : metricOf(floor, "bytesDown")];
    return bytes === null || payload === null ? [] : [bytes - payload];
  });
}

/** Ratios taken inside each round. */
export function ratiosInRounds(
  all: readonly Sample[],
  own: readonly Sample[],
  metric: string,
  against: string,
  againstPoint: string | null,
): number[] {
  return own.flatMap((sample) => {
    const point = againstPoint ?? sample.point;
    const other = all.find(
      (each) => each.round === sample.round && each.row === against && each.point === point && each.invalid === null,
    );
    const [value, reference] = [metricOf(sample, metric), other === undefined ? null : metricOf(other, metric)];
    return value === null || reference === null || reference === 0 ? [] : [value / reference];
  });
}
