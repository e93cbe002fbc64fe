import { seededRandom } from "../statistics/random.ts";
import { type Estimate, estimate, median } from "../statistics/summary.ts";
import type { Bound, Row } from "./rows.ts";
import { explain } from "./validity.ts";
import type { Sample } from "./window.ts";

/** A row's ratio to another row of the same rounds. */
export interface Ratio extends Estimate {
  readonly against: string;
  /** What the project means to keep, if it said so. */
  readonly atMost: number | null;
}

export interface Measured {
  readonly kind: "measured";
  readonly row: Row;
  readonly rounds: number;
  readonly cpu: number;
  readonly user: number;
  readonly system: number;
  readonly bytesDown: number;
  readonly bytesUp: number;
  readonly perSecond: number;
  readonly ratios: readonly Ratio[];
}

export type Summary = Measured | { readonly kind: "invalid"; readonly row: Row; readonly why: string };

/** A row of which more than this share of windows was unusable has no number. */
const MOST_UNUSABLE = 1 / 3;

/** Sums up a run. One fault makes the whole row invalid; windows in which the generator was the limit are left out. */
export function summarise(rows: readonly Row[], rounds: readonly (readonly Sample[])[], seed: number): Summary[] {
  return rows.map((row) => summariseRow(row, rounds, seed));
}

function summariseRow(row: Row, rounds: readonly (readonly Sample[])[], seed: number): Summary {
  const samples = rounds.flatMap((round) => round.filter((sample) => sample.row === row.name));
  const unusable = samples.flatMap((sample) => (sample.invalid === null ? [] : [sample.invalid]));
  const reason = unusable.find((invalid) => invalid.kind === "faults") ?? unusable[0];
  if (reason !== undefined && (reason.kind === "faults" || unusable.length > samples.length * MOST_UNUSABLE))
    return { kind: "invalid", row, why: explain(reason) };
  const usable = samples.filter((sample) => sample.invalid === null);
  const middle = (pick: (sample: Sample) => number): number => median(usable.map(pick));
  return {
    kind: "measured",
    row,
    rounds: usable.length,
    cpu: middle((sample) => sample.cpu),
    user: middle((sample) => sample.user),
    system: middle((sample) => sample.system),
    bytesDown: middle((sample) => sample.bytesDown),
    bytesUp: middle((sample) => sample.bytesUp),
    perSecond: middle((sample) => (sample.seen.broadcasts * 1_000) / sample.seen.elapsedMs),
    ratios: wanted(row).flatMap((bound) => ratioOf(row, bound, rounds, seed)),
  };
}

/** Every row is set against the net floor; bounds may name further ones. */
function wanted(row: Row): readonly { readonly against: string; readonly atMost: number | null }[] {
  const bounds: readonly Bound[] = row.bounds;
  const others = bounds.filter((bound) => bound.against !== "net");
  return [{ against: "net", atMost: bounds.find((bound) => bound.against === "net")?.atMost ?? null }, ...others];
}

function ratioOf(
  row: Row,
  bound: { readonly against: string; readonly atMost: number | null },
  rounds: readonly (readonly Sample[])[],
  seed: number,
): Ratio[] {
  const ratios = rounds.flatMap((round) => {
    const own = usableIn(round, row.name);
    const other = usableIn(round, bound.against);
    return own === undefined || other === undefined ? [] : [own.cpu / other.cpu];
  });
  return ratios.length === 0 ? [] : [{ ...bound, ...estimate(ratios, seededRandom(seed)) }];
}

function usableIn(round: readonly Sample[], row: string): Sample | undefined {
  return round.find((sample) => sample.row === row && sample.invalid === null);
}
