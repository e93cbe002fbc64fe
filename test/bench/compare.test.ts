import { describe, expect, it } from "vitest";
import { compare, formatComparison, mannWhitney } from "../../bench/statistics/compare.ts";
import { madeUp, USUAL } from "./made-up.ts";

describe("the rank test", () => {
  it("agrees with published values of two-sided p, continuity corrected", () => {
    // R: wilcox.test(x, y, exact = FALSE).
    expect(mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toBeCloseTo(0.012_19, 4);
    expect(mannWhitney([1, 3, 5, 7], [2, 4, 6, 8])).toBeCloseTo(0.665, 2);
    expect(mannWhitney([1, 1, 1], [1, 1, 1])).toBe(1);
  });
});

describe("a comparison of two runs", () => {
  it("finds a row that is 5 % cheaper, on a machine of another speed", () => {
    const before = madeUp({ seed: 1 });
    const after = madeUp({ seed: 2, cpu: { ...USUAL, websocket: USUAL.websocket * 0.95 } });
    const changed = compare(before, after).changes.filter(({ verdict }) => verdict !== "unchanged");
    expect(changed.map(({ row, metric, verdict }) => ({ row, metric, verdict }))).toEqual(
      ["cpu", "user", "system"].map((metric) => ({ row: "websocket", metric, verdict: "better" })),
    );
    expect(formatComparison(compare(before, after))).toMatch(
      /^better fanout, lockstep: websocket, cpu × net: 1.0.*-[45]\.\d %$/m,
    );
  });

  it("finds nothing, and says why, where rounds are too few for any difference to show", () => {
    const after = madeUp({ seed: 2, rounds: 5, cpu: { ...USUAL, websocket: USUAL.websocket * 2 } });
    const { changes, warnings } = compare(madeUp({ seed: 1, rounds: 5 }), after);
    expect(changes.filter(({ verdict }) => verdict !== "unchanged")).toEqual([]);
    expect(warnings).toEqual(['"fanout" has 5 rounds: below 6 no change can be told from noise.']);
  });

  it("calls it worse when it is dearer", () => {
    const after = madeUp({ seed: 2, cpu: { ...USUAL, "long-polling": USUAL["long-polling"] * 1.08 } });
    const worse = compare(madeUp({ seed: 1 }), after).changes.filter(({ verdict }) => verdict === "worse");
    expect(new Set(worse.map(({ row }) => row))).toEqual(new Set(["long-polling"]));
  });

  it("finds nothing in 1 % of noise", () => {
    const { changes, warnings } = compare(madeUp({ seed: 1 }), madeUp({ seed: 2 }));
    expect(changes.length).toBeGreaterThan(20);
    expect(changes.filter(({ verdict }) => verdict !== "unchanged")).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it("says when the runs are not alike", () => {
    const before = madeUp();
    const machine = { ...before.machine, versions: { ...before.machine.versions, node: "24.0.0" } };
    const { warnings } = compare({ ...before, machine, pinned: false }, madeUp({ rounds: 5 }));
    expect(warnings).toEqual([
      "The runs differ in their Node: 24.0.0 before, 26.10.0 after.",
      "The runs differ in being bound to CPUs: false before, true after.",
      expect.stringMatching(/^The runs differ in the effort of "fanout"/),
      '"fanout" has 5 rounds: below 6 no change can be told from noise.',
    ]);
  });
});
