/** A switch from asking for it to being live on the new transport, in ms. */
export interface Switched {
  readonly from: string;
  readonly to: string;
  readonly startedAt: number;
  readonly liveAt: number;
}

/**
 * By how much the longest pause between two arrivals around a switch was longer than `intervalMs`, at which messages
 * are sent; 0 when none was, null when nothing came after it. `arrivals` are ascending times in ms.
 */
export function gapOf(arrivals: readonly number[], { startedAt, liveAt }: Switched, intervalMs: number): number | null {
  // The old link ends after the new one is live: what that does to the feed shows one interval later.
  const until = liveAt + intervalMs;
  if ((arrivals.at(-1) ?? 0) < until) return null;
  let longest = 0;
  arrivals.forEach((arrival, index) => {
    const before = arrivals[index - 1];
    if (before !== undefined && arrival >= startedAt && before <= until) longest = Math.max(longest, arrival - before);
  });
  return Math.max(0, longest - intervalMs);
}
