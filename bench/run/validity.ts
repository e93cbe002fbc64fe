import type { Invalid } from "../contract.ts";
import type { Seen } from "../generator/messages.ts";

/** Above this share of its CPU the generator, not the server, sets the pace. */
const MOST_CPU = 0.9;
/** A generator whose event loop is later than so many intervals of the schedule did not keep the schedule. */
const MOST_INTERVALS_LATE = 3;

/** Judges one run at a pace of `perSecond`. Null: it counts. */
export function judge(seen: Seen, perSecond: number): Invalid | null {
  const { lost, doubled, reordered, generatorCpu, generatorDelayMs } = seen;
  if (lost !== 0 || doubled !== 0 || reordered !== 0) return { kind: "faults", lost, doubled, reordered };
  const limited = generatorCpu > MOST_CPU || generatorDelayMs > (MOST_INTERVALS_LATE * 1_000) / perSecond;
  return limited ? { kind: "generator", cpu: generatorCpu, delayMs: generatorDelayMs } : null;
}

export function explain(invalid: Invalid): string {
  switch (invalid.kind) {
    case "faults":
      return `INVALID: ${invalid.lost} lost, ${invalid.doubled} doubled, ${invalid.reordered} reordered`;
    case "generator":
      return `INVALID: the generator was the limit (${Math.round(invalid.cpu * 100)} % CPU, event loop ${invalid.delayMs.toFixed(1)} ms late at p99)`;
    case "failed":
      return `INVALID: ${invalid.message}`;
  }
}
