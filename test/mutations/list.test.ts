import { expect, test } from "vitest";
import { apply } from "./edit.ts";
import { MUTATIONS, mutationNamed } from "./list/all.ts";
import { Sources } from "./sources.ts";
import { select } from "./tests.ts";
import { ROOT } from "./tree.ts";

const sources = new Sources(ROOT);

test.each(MUTATIONS)("the mutation $name fits the source, and the tests that must notice it exist", (mutation) => {
  expect(apply(mutation, sources).text).not.toBe(sources.find(mutation.in).source.text);
  for (const choice of mutation.tests) expect(select(choice, ROOT).file).toMatch(/^test\/.*\.test\.ts$/);
});

test("each mutation has a name of its own", () => {
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
  expect(() => mutationNamed("none")).toThrow(/there is no mutation "none"/);
});

test("a test that does not exist can't be chosen", () => {
  expect(() => select({ file: "no-such.test.ts" }, ROOT)).toThrow(/0 test files end in no-such/);
  expect(() => select({ file: "test.ts" }, ROOT)).toThrow(/0 test files/);
  expect(() => select({ file: "load/slow.test.ts", title: "no such title" }, ROOT)).toThrow(/no test with/);
});
