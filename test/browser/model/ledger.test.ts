import fc from "fast-check";
import { expect, test } from "vitest";
import { between, createLedger } from "../../../public/model/ledger.ts";

const CLEAN = { lost: 0, duplicated: 0, reordered: 0, unknown: false };

test("a ledger counts nothing lost or duplicated in an unbroken sequence", () => {
  const ledger = createLedger();
  ledger.open(10);
  expect([11, 12, 13].map((seq) => ledger.take(seq))).toEqual([true, true, true]);
  expect(ledger.tally).toEqual(CLEAN);
});

test("a number that arrives again counts as duplicated and is not shown", () => {
  const ledger = createLedger();
  ledger.open(10);
  expect([11, 11, 5].map((seq) => ledger.take(seq))).toEqual([true, false, false]);
  expect(ledger.tally).toEqual({ ...CLEAN, duplicated: 2 });
});

test("a skipped number counts as lost, or as out of order once it arrives", () => {
  const ledger = createLedger();
  ledger.open(0);
  ledger.take(4);
  expect(ledger.tally).toEqual({ ...CLEAN, lost: 3 });
  expect(ledger.take(2)).toBe(true);
  expect(ledger.tally).toEqual({ ...CLEAN, lost: 2, reordered: 1 });
  expect(ledger.take(2)).toBe(false);
});

test("a gap adds the number it reports, or marks the tally as unknown", () => {
  const ledger = createLedger();
  ledger.open(3);
  ledger.gap(15, 12);
  expect(ledger.take(16)).toBe(true);
  const before = ledger.tally;
  expect(before).toEqual({ ...CLEAN, lost: 12 });
  ledger.gap(0, null);
  ledger.take(1);
  expect(between(before, ledger.tally)).toEqual({ ...CLEAN, unknown: true });
});

test("for any arrivals, each number is shown once and the tally adds up", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (arrivals) => {
      const ledger = createLedger();
      ledger.open(0);
      const shown = arrivals.filter((seq) => ledger.take(seq));
      expect(new Set(shown).size).toBe(shown.length);
      expect(ledger.tally.duplicated).toBe(arrivals.length - shown.length);
      expect(ledger.tally.lost).toBe(Math.max(0, ...arrivals) - shown.length);
    }),
  );
});
