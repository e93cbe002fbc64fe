/** The stretches of time that a picture can show, in ms. */
export const SPANS = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000] as const;

/** As wide as what passes in five seconds of watching. */
const WATCHED_MS = 5_000;

/** The speeds at which a run can be watched: parts of the real one. */
export const RATES = [1, 0.25, 0.1, 0.01] as const;

/** The stretch that fits a speed. */
export function spanFor(rate: number): number {
  return nearest(WATCHED_MS * rate);
}

/** The next wider or narrower stretch. */
export function zoomed(spanMs: number, wider: boolean): number {
  const place = SPANS.findIndex((span) => span >= spanMs);
  const next = place + (wider ? 1 : -1);
  return SPANS[Math.min(Math.max(next, 0), SPANS.length - 1)] ?? spanMs;
}

function nearest(wanted: number): number {
  return SPANS.reduce((best, span) => (Math.abs(span - wanted) < Math.abs(best - wanted) ? span : best), SPANS[0]);
}
