import fc from "fast-check";
import { junk } from "./text.ts";

/** Any JSON value. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(fc.constantFrom("type", "id", "text", "room", "name", "key", "__proto__", "seq"), fc.jsonValue(), {
    maxKeys: 5,
  }),
);

/** Usually what is right in this place, now and then anything. */
export function mostly<Value>(right: fc.Arbitrary<Value>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 24, arbitrary: right }, { weight: 1, arbitrary: junk }, { weight: 1, arbitrary: anyJson });
}

/** One time in twelve. */
function rarely<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof({ weight: 11, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

/** An object in which each field is mostly right, may be missing, and is joined by another now and then. */
export function nearly(fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> {
  const model = Object.fromEntries(
    Object.entries(fields).map(([name, right]) => [name, fc.option(mostly(right), { nil: undefined, freq: 24 })]),
  );
  return fc.tuple(fc.record(model), rarely(fc.tuple(junk, anyJson))).map(([object, extra]) => {
    const entries = Object.entries(object).filter(([, value]) => value !== undefined);
    return Object.fromEntries(extra === undefined ? entries : [...entries, extra]);
  });
}

const id = fc.oneof(fc.string({ minLength: 1, maxLength: 64 }), fc.constantFrom("c", "c".repeat(64), "c".repeat(65)));
const text = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
  fc.constantFrom("x".repeat(4_000), "🚀".repeat(4_000), "🚀".repeat(4_001), "\ud83d", "\u0000\r"),
);

/** What may pass for a command. */
export const nearlyCommand: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: nearly({ type: fc.constant("say"), id, text }) },
  { weight: 2, arbitrary: nearly({ type: fc.constantFrom("typing", "leave"), id }) },
  { weight: 1, arbitrary: nearly({ type: fc.constant("alive") }) },
  { weight: 1, arbitrary: anyJson },
);

/** What may pass for a join. */
export const nearlyJoin: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 5,
    arbitrary: nearly({
      room: fc.constantFrom("fuzz", "fuzz-2", "a", "a".repeat(64), "a".repeat(65), "A", "-a", ""),
      name: fc.oneof(fc.string({ unit: "grapheme", minLength: 1, maxLength: 34 }), junk),
    }),
  },
  { weight: 1, arbitrary: nearly({ room: fc.constant("fuzz"), name: fc.constant("Ada"), key: junk }) },
  { weight: 1, arbitrary: anyJson },
);
