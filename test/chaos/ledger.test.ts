import { describe, expect, test } from "vitest";
import { judge, Ledger, type RowVerdict } from "./ledger.ts";

const CLEAN = { lost: 0, duplicated: 0, reordered: 0, differing: 0, gaps: 0 };

/** Two readers of one row; Ada has said three messages, which are 1, 2 and 3 in the log. */
function scene(): Ledger {
  const ledger = new Ledger();
  for (const reader of ["ada", "bob"]) ledger.addReader(reader, "sse", 0);
  for (const [n, id] of ["a", "b", "c"].entries()) {
    ledger.sends("ada", id, `text of ${id}`);
    ledger.acknowledged(id, n + 1);
  }
  return ledger;
}

function hand(ledger: Ledger, reader: string, handed: readonly (readonly [number, string])[]): void {
  for (const [seq, id] of handed) ledger.received(reader, seq, { id, text: `text of ${id}` });
}

const ALL = [
  [1, "a"],
  [2, "b"],
  [3, "c"],
] as const;

function verdictOf(ledger: Ledger, end = 3): RowVerdict | undefined {
  return judge(ledger, ["sse"], end)[0];
}

describe("the chaos ledger", () => {
  test("the verdict is clean if every reader received everything once and in order", () => {
    const ledger = scene();
    hand(ledger, "ada", ALL);
    hand(ledger, "bob", ALL);
    expect(verdictOf(ledger)).toEqual({ row: "sse", members: 2, said: 3, acknowledged: 3, received: 6, ...CLEAN });
  });

  test("a reader that joined late is judged from the seq at which it joined", () => {
    const ledger = scene();
    ledger.addReader("late", "sse", 2);
    hand(ledger, "ada", ALL);
    hand(ledger, "bob", ALL);
    hand(ledger, "late", [[3, "c"]]);
    expect(verdictOf(ledger)).toMatchObject(CLEAN);
  });

  test.each<[string, readonly (readonly [number, string])[], Partial<RowVerdict>]>([
    ["a missing message", [ALL[0], ALL[2]], { lost: 1 }],
    ["a missing last message", [ALL[0], ALL[1]], { lost: 1 }],
    ["a duplicate", [ALL[0], ALL[1], ALL[1], ALL[2]], { duplicated: 1 }],
    ["a duplicate under another seq", [...ALL, [4, "c"]], { duplicated: 1 }],
    ["two messages in the wrong order", [ALL[1], ALL[0], ALL[2]], { reordered: 1 }],
  ])("judge finds %s", (_, handed, fault) => {
    const ledger = scene();
    hand(ledger, "ada", ALL);
    hand(ledger, "bob", handed);
    expect(verdictOf(ledger)).toMatchObject({ ...CLEAN, ...fault });
  });

  test("judge finds messages stored in another order than they were sent", () => {
    const ledger = new Ledger();
    ledger.addReader("ada", "sse", 0);
    for (const id of ["first", "second"]) ledger.sends("ada", id, `text of ${id}`);
    hand(ledger, "ada", [
      [1, "second"],
      [2, "first"],
    ]);
    expect(verdictOf(ledger, 2)).toMatchObject({ ...CLEAN, reordered: 1 });
  });

  test("judge accepts a message that is stored late after its sender gave it up", () => {
    const ledger = new Ledger();
    ledger.addReader("ada", "sse", 0);
    for (const id of ["given up", "second"]) ledger.sends("ada", id, `text of ${id}`);
    ledger.gaveUp("given up");
    hand(ledger, "ada", [
      [1, "second"],
      [2, "given up"],
    ]);
    expect(verdictOf(ledger, 2)).toMatchObject(CLEAN);
  });

  test("judge finds two readers, or a reader and the acknowledgement, with different content for one seq", () => {
    const ledger = scene();
    hand(ledger, "ada", ALL);
    hand(ledger, "bob", [ALL[0], ALL[1]]);
    ledger.received("bob", 3, null);
    expect(verdictOf(ledger)).toMatchObject({ ...CLEAN, differing: 2 });
  });

  test("judge finds a text that differs from the one sent, and a gap", () => {
    const ledger = scene();
    hand(ledger, "ada", ALL);
    hand(ledger, "bob", [ALL[0], ALL[1]]);
    ledger.received("bob", 3, { id: "c", text: "text of" });
    ledger.gap("bob");
    expect(verdictOf(ledger)).toMatchObject({ ...CLEAN, differing: 1, gaps: 1 });
  });

  test("the ledger finds a member that left or joined twice in a row", () => {
    const ledger = scene();
    ledger.presence(7, "m1", "left");
    ledger.presence(4, "m1", "joined");
    ledger.presence(5, "m2", "joined");
    expect(ledger.presenceFaults).toEqual([]);
    ledger.presence(9, "m1", "left");
    ledger.presence(8, "m2", "joined");
    expect(ledger.presenceFaults).toEqual([
      "m2 joined twice, the second time at 8.",
      "m1 left twice, the second time at 9.",
    ]);
  });

  test("judge accepts a message that was never acknowledged and never received", () => {
    const ledger = scene();
    ledger.sends("bob", "unheard", "");
    hand(ledger, "ada", ALL);
    hand(ledger, "bob", ALL);
    expect(verdictOf(ledger)).toMatchObject({ ...CLEAN, said: 4, acknowledged: 3 });
  });
});
