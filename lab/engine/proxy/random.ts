/** A repeatable source of chance (mulberry32), each answer in [0, 1). */
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

/** A stream of chance of its own for the `place`-th of a kind: what one of them draws shifts nothing for the others. */
export function derived(seed: number, kind: string, place: number): () => number {
  // FNV-1a over the words, so that neighbouring seeds and places have nothing in common.
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${kind}/${place}`) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  return seeded(hash);
}

/** The time until something that happens at random, on average once in `meanMs`, happens next. */
export function untilNext(meanMs: number, random: () => number): number {
  return -Math.log(1 - random()) * meanMs;
}
