/** Repeatable randomness for faults. */

/** Returns a seeded random number generator (mulberry32). Its numbers are in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Returns a generator for the `index`-th object of a kind. Draws from one generator do not affect the others. */
export function derived(seed: number, kind: string, index: number): () => number {
  // FNV-1a over the text, so that neighbouring seeds and indices are unrelated.
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${kind}/${index}`) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  return seeded(hash);
}

/** Draws the time to the next random event, in ms, from an exponential distribution: one event in `meanMs` on average. */
export function untilNext(meanMs: number, random: () => number): number {
  return -Math.log(1 - random()) * meanMs;
}
