import fc from "fast-check";
import { NASTY_TEXTS } from "../../support/texts.ts";

/** Code units as they come: lone surrogates, NUL, everything. */
const codeUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 24 })
  .map((units) => String.fromCharCode(...units));

/** What has tripped other parsers. */
const notorious = fc.constantFrom(
  "",
  "0",
  "-0",
  "-1",
  "1e3",
  "1e999",
  "0x10",
  "NaN",
  "Infinity",
  "null",
  "undefined",
  "true",
  "[]",
  "{}",
  "__proto__",
  "constructor",
  "toString",
  "9007199254740993",
  "999999999999999",
  "9".repeat(400),
  "%",
  "%00",
  "%zz",
  "%E0%A4%A",
  "../../etc/passwd",
  "..%2f..%2f",
  "\u0000",
  "\r\n",
  "\r\nX-Injected: 1\r\n\r\n",
  "\ufeff",
  "\u202e",
  "\u200b",
  "\ud83d",
  "'; DROP TABLE events; --",
  "<script>",
  "a".repeat(5_000),
  "(".repeat(200),
  ...Object.values(NASTY_TEXTS).map((text) => text.slice(0, 200)),
);

/** Any text at all. */
export const junk: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ maxLength: 20 }) },
  { weight: 1, arbitrary: codeUnits },
  { weight: 3, arbitrary: notorious },
  { weight: 1, arbitrary: fc.integer().map(String) },
  { weight: 1, arbitrary: fc.double().map(String) },
);

/** From 0 to 1, evenly: doubles as fast-check makes them are nearly all nearly 0. */
export const share: fc.Arbitrary<number> = fc.integer({ min: 0, max: 10_000 }).map((n) => n / 10_000);

const edit = fc.record({
  kind: fc.constantFrom("cut", "double", "put", "swap"),
  place: share,
  length: fc.integer({ min: 1, max: 12 }),
  put: fc.oneof(junk, fc.string({ minLength: 1, maxLength: 2 })),
});

/** A text that was right before a few edits. */
export function mutated(base: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(base, fc.array(edit, { maxLength: 3 })).map(([text, edits]) => {
    let now = text;
    for (const { kind, place, length, put } of edits) {
      const at = Math.floor(place * now.length);
      const piece = now.slice(at, at + length);
      if (kind === "cut") now = now.slice(0, at) + now.slice(at + length);
      else if (kind === "double") now = now.slice(0, at) + piece + now.slice(at);
      else if (kind === "put") now = now.slice(0, at) + put + now.slice(at);
      else now = now.slice(0, at) + put + now.slice(at + length);
    }
    return now;
  });
}
