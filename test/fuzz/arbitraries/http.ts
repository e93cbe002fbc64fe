import fc from "fast-check";
import { junk, mutated } from "./text.ts";

/** What the line of a request can carry: the rest would end it. */
const PRINTABLE = /[^\u0021-\u007e\u0080-\u00ff]/g;
/** What a header's value can carry. */
const FIELD = /[^\t\u0020-\u007e\u0080-\u00ff]/g;

/** A text somewhere in a query: percent-encoded as it should be, or as it is, as far as it can stand there. */
export function inQuery(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(text, fc.nat({ max: 4 })).map(([given, how]) => {
    if (how === 0) return given.replace(PRINTABLE, "");
    const encoded = encodeURIComponent(given.toWellFormed());
    return how === 1 ? encoded.replaceAll("%", "%25").slice(0, 300) : encoded;
  });
}

/** A text as the value of a header, as far as it can stand there. */
export function inHeader(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return text.map((given) => given.replace(FIELD, "").trim());
}

/** One parameter of a query, by its name; `good` are values that are right. */
export function parameter(name: string, good: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const value = inQuery(fc.oneof({ weight: 4, arbitrary: good }, mutated(good), junk));
  return fc.oneof(
    { weight: 12, arbitrary: value.map((given) => `${name}=${given}`) },
    { weight: 1, arbitrary: fc.constantFrom(name, `${name}=`, `${name}[]=1`, `${name}[a]=1`, `=${name}`) },
    { weight: 1, arbitrary: fc.tuple(value, value).map(([a, b]) => `${name}=${a}&${name}=${b}`) },
  );
}

/** A query of some of these parameters, in any order, and of others. */
export function queryOf(parameters: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  const other = fc.tuple(inQuery(junk), inQuery(junk)).map(([name, value]) => `${name}=${value}`);
  const separator = fc.oneof({ weight: 9, arbitrary: fc.constant("&") }, fc.constantFrom(";", "&&", "?", "&amp;"));
  return fc
    .tuple(fc.array(fc.oneof({ weight: 6, arbitrary: fc.oneof(...parameters) }, other), { maxLength: 5 }), separator)
    .map(([all, between]) => (all.length === 0 ? "" : `?${all.join(between)}`));
}
