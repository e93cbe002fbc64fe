/**
 * How probable a difference at least this large would be if both samples came from one source: the two-sided
 * Mann-Whitney test by its normal approximation, ties and continuity corrected. 1 where nothing can be told.
 */
export function mannWhitney(one: readonly number[], other: readonly number[]): number {
  const all = [...one.map((value) => ({ value, own: true })), ...other.map((value) => ({ value, own: false }))];
  all.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let ties = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const group = to - from;
    // Ranks from + 1 to `to`, shared.
    rankSum += all.slice(from, to).filter(({ own }) => own).length * ((from + 1 + to) / 2);
    ties += group ** 3 - group;
    from = to;
  }
  const [n, m, total] = [one.length, other.length, all.length];
  const u = rankSum - (n * (n + 1)) / 2;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (!(variance > 0)) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * (1 - normal(z)));
}

/** The normal distribution's share below z >= 0 (Abramowitz and Stegun, 26.2.17; error below 1e-7). */
function normal(z: number): number {
  const t = 1 / (1 + 0.231_641_9 * z);
  const polynomial =
    t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}
