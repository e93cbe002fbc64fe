import type { RowNote } from "../../results.ts";
import type { Estimate } from "../../statistics/summary.ts";
import { line, marker, percent } from "./parts.ts";
import type { Scale } from "./scale.ts";

/** How solid the parts of a bar are, from its beginning. */
const SHADES = [1, 0.45, 0.2];
const BAR = 12;

/** A median with its interval, and where the project means it to be. */
export function intervalMarks(
  row: RowNote,
  { median, low, high }: Estimate,
  bound: number | null,
  scale: Scale,
): string[] {
  const tick =
    bound === null ? [] : [line([percent(scale(bound)), "15%"], [percent(scale(bound)), "85%"], 'class="bound"')];
  return [
    ...tick,
    line([percent(scale(low)), "50%"], [percent(scale(high)), "50%"], 'class="whisker"'),
    marker(row, percent(scale(median))),
  ];
}

/** A bar from 0, its parts one after the other, ever lighter. */
export function barMarks(parts: readonly number[], scale: Scale): string[] {
  let from = 0;
  return parts.map((part, at) => {
    const [left, right] = [scale(from), scale(from + Math.max(0, part))];
    from += Math.max(0, part);
    const width = percent(Math.max(0, right - left));
    return `<rect x="${percent(left)}" y="50%" width="${width}" height="${BAR}" transform="translate(0 ${-BAR / 2})" fill="currentColor" opacity="${SHADES[at] ?? 0.2}"/>`;
  });
}
