import fc from "fast-check";
import type { DownEvent } from "../../src/protocol/events.ts";
import { asCommandId, asCursor, asMember } from "./cast.ts";
import { NASTY_TEXTS } from "./texts.ts";

const at = fc.integer({ min: 0, max: 4_102_444_800_000 });
const seq = fc.integer({ min: 1, max: 999_999_999_999_999 });
const cursor = seq.map((n) => asCursor(`k3v9x0qa-${n}`));
/** Any text that UTF-8 can encode, and texts that have broken a transport's framing before. */
const text = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 300 }),
  fc.constantFrom(...Object.values(NASTY_TEXTS)),
  fc.constantFrom("a", "é", "日", "🚀").chain((unit) => fc.integer({ min: 1, max: 700 }).map((n) => unit.repeat(n))),
);
const id = fc.string({ unit: "binary", minLength: 1, maxLength: 64 }).map(asCommandId);
const author = fc.record({
  id: fc.constantFrom("m1", "m2").map(asMember),
  name: fc.constantFrom("Ada", "Grace 🚀", "<b>", "日本"),
});

/** Any event that a server sends, except `bye`. */
export const anyEvent: fc.Arbitrary<DownEvent> = fc.oneof(
  fc.record({ type: fc.constant("message" as const), seq, at, id, from: author, text }),
  fc.record({ type: fc.constant("message" as const), seq, at, id, from: author, text, via: fc.constant("x-1") }),
  fc.record({ type: fc.constantFrom("joined" as const, "left" as const), seq, at, member: author }),
  fc.record({ type: fc.constant("live" as const), at, cursor, replayed: fc.nat() }),
  fc.record({ type: fc.constant("typing" as const), at, member: author }),
  fc.record({ type: fc.constant("census" as const), at, count: fc.nat() }),
  fc.record({ type: fc.constant("idle" as const), at }),
  fc.record({ type: fc.constant("gap" as const), cursor, missed: fc.option(fc.nat()) }),
);

export const anyBatch = fc.array(anyEvent, { minLength: 1, maxLength: 12 });

/** Where to cut bytes, as fractions of their length; many cuts, so that some fall within a character. */
export const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });

/** Splits `bytes` at `cuts`, which are fractions of the length. */
export function cutUp(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length].toSorted((a, b) => a - b);
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

/** Splits `bytes` into single bytes, so that every possible cut occurs. */
export function cutEverywhere(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length }, (_, index) => bytes.subarray(index, index + 1));
}
