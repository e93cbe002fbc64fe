import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Finding, type Plan, type Subject } from "./contract.ts";
import { target } from "./run.ts";
import { lineOf } from "./table.ts";

const plan: Plan = { inputs: 500, seed: 3, tried: () => undefined, strays: () => [] };

const onNumbers = (subject: Subject<number>) =>
  target({ name: "numbers", what: "whole numbers", input: fc.nat({ max: 1_000 }), open: () => subject });

describe("a fuzz run", () => {
  test("a run counts inputs and outcomes", async () => {
    const report = await onNumbers({ try: (n) => (n % 2 === 0 ? "even" : "odd") }).run(plan);
    expect(report).toMatchObject({ inputs: 500, failure: null });
    expect((report.outcomes["even"] ?? 0) + (report.outcomes["odd"] ?? 0)).toBe(500);
  });

  test("a run shrinks a failing input and replays it by seed and path", async () => {
    const breaks = onNumbers({
      try: (n) => {
        if (n >= 300) throw new Finding("wrong", `${n} is too large`);
        return "fine";
      },
    });
    const { failure } = await breaks.run(plan);
    expect(failure).toMatchObject({ kind: "wrong", message: "300 is too large", input: "300", seed: 3 });
    const again = await breaks.run({ ...plan, path: failure?.path ?? "" });
    expect(again.failure).toMatchObject({ input: "300" });
    expect(lineOf(again)).toContain(`--only numbers --seed 3 --path ${again.failure?.path}`);
  });

  test("a run reports any other error as a crash", async () => {
    const { failure } = await onNumbers({ try: (n) => String(n.toFixed(n % 200)) }).run(plan);
    expect(failure).toMatchObject({ kind: "crash", message: expect.stringContaining("RangeError") });
  });

  test("a run reports failures of the check, of the end, and uncaught errors", async () => {
    const check = onNumbers({ try: () => "fine", check: () => Promise.reject(new Finding("hang", "nobody answers")) });
    expect((await check.run(plan)).failure).toMatchObject({ kind: "hang", message: "nobody answers" });
    const close = onNumbers({ try: () => "fine", close: () => Promise.reject(new Finding("wrong", "one is left")) });
    expect((await close.run(plan)).failure).toMatchObject({ kind: "wrong", message: "one is left", input: null });
    const errors = [new Error("lost")];
    const { failure } = await onNumbers({ try: () => "fine" }).run({ ...plan, strays: () => errors.splice(0) });
    expect(failure).toMatchObject({ kind: "crash", message: expect.stringContaining("lost") });
  });
});
