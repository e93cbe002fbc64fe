import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { apply } from "./contract.ts";
import { MUTATIONS, mutationNamed } from "./list/all.ts";
import { ROOT } from "./tree.ts";

describe("mutations of the product", () => {
  test.each(MUTATIONS)("$name can still be made, and its tests are there", (mutation) => {
    const text = readFileSync(join(ROOT, mutation.file), "utf8");
    expect(apply(mutation, text)).not.toBe(text);
    for (const { file } of mutation.tests) expect(existsSync(join(ROOT, file)), file).toBe(true);
  });

  test("have names of their own", () => {
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
    expect(() => mutationNamed("none")).toThrow(/there is no mutation "none"/);
  });

  test("are refused where their text is gone or stands twice", () => {
    const [mutation] = MUTATIONS;
    if (mutation === undefined) throw new Error("there are no mutations");
    expect(() => apply(mutation, "")).toThrow(/0 times/);
    expect(() => apply(mutation, mutation.find + mutation.find)).toThrow(/2 times/);
  });
});
