import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CursorTracker } from "../../src/client/cursor-tracker.ts";
import { asEpoch } from "../support/cast.ts";

const at = (seq: number, epoch = "e1") => ({ epoch: asEpoch(epoch), seq });

describe("the tracker", () => {
  test("the tracker takes the next event once, drops earlier events, and reports a hole", () => {
    const tracker = new CursorTracker(at(5));
    expect(tracker.take(at(6))).toBe("new");
    expect(tracker.take(at(6))).toBe("seen");
    expect(tracker.take(at(5))).toBe("seen");
    expect(tracker.take(at(8))).toBe("hole");
    expect(tracker.cursor).toBe("e1-6");
  });

  test("the tracker does not take events of another epoch", () => {
    const tracker = new CursorTracker(at(5));
    expect(tracker.take(at(6, "e0"))).toBe("seen");
    expect(tracker.cursor).toBe("e1-5");
  });

  test.each([
    {
      what: "jumps forward over what was evicted",
      to: at(20),
      from: at(5),
      missed: 15,
      told: { missed: 15 },
      cursor: "e1-20",
    },
    {
      what: "counts what it misses itself, not the link",
      to: at(20),
      from: at(3),
      missed: 17,
      told: { missed: 15 },
      cursor: "e1-20",
    },
    {
      what: "moves to the log's new life",
      to: at(0, "e2"),
      from: at(5),
      missed: null,
      told: { missed: null },
      cursor: "e2-0",
    },
    {
      what: "goes back where the log is shorter than it was",
      to: at(2),
      from: at(5),
      missed: 0,
      told: { missed: 0 },
      cursor: "e1-2",
    },
    { what: "ignores a gap another link has filled", to: at(4), from: at(1), missed: 3, told: null, cursor: "e1-5" },
    {
      what: "follows the log to a new epoch in which nothing is missing",
      to: at(5, "e2"),
      from: at(5),
      missed: 0,
      told: { missed: 0 },
      cursor: "e2-5",
    },
    {
      what: "does not follow a link that was behind to a new epoch",
      to: at(3, "e2"),
      from: at(3),
      missed: 0,
      told: "behind",
      cursor: "e1-5",
    },
    {
      what: "ignores a link of an older life",
      to: at(9, "e0"),
      from: at(3, "e0"),
      missed: 6,
      told: null,
      cursor: "e1-5",
    },
  ])("$what", ({ to, from, missed, told, cursor }) => {
    const tracker = new CursorTracker(at(5));
    expect(tracker.applyGap(to, from, missed)).toEqual(told);
    expect(tracker.cursor).toBe(cursor);
  });

  test("the tracker passes each event once and in order, however two links interleave", () => {
    const turns = fc.array(fc.boolean(), { maxLength: 200 });
    fc.assert(
      fc.property(turns, fc.nat(20), (choices, head) => {
        const tracker = new CursorTracker(at(0));
        const passed: number[] = [];
        const places = [0, 0];
        for (const second of choices) {
          const link = second ? 1 : 0;
          const seq = (places[link] ?? 0) + 1;
          // The second link was opened at the place the first had reached.
          if (second && places[1] === 0 && head <= tracker.position.seq) places[1] = head;
          const next = second ? (places[1] ?? 0) + 1 : seq;
          places[link] = next;
          const verdict = tracker.take(at(next));
          expect(verdict).not.toBe("hole");
          if (verdict === "new") passed.push(next);
        }
        expect(passed).toEqual(passed.map((_, index) => index + 1));
      }),
    );
  });
});
