import { describe, expect, it } from "vitest";
import { Ledger } from "../../bench/generator/ledger.ts";

const NONE = { lost: 0, doubled: 0, reordered: 0 };

/** What the ledger says of one reader to whom `published` messages were sent and these came. */
function faultsOf(published: number, arrivals: readonly number[]) {
  const ledger = new Ledger(1);
  for (let count = 0; count < published; count += 1) ledger.publish(() => {});
  for (const number of arrivals) ledger.arrive(0, number);
  return ledger.faults();
}

describe("the ledger", () => {
  it.each([
    { title: "all in order", arrivals: [1, 2, 3, 4], faults: NONE },
    { title: "one missing in the middle", arrivals: [1, 2, 4], faults: { ...NONE, lost: 1 } },
    { title: "the first missing", arrivals: [2, 3, 4], faults: { ...NONE, lost: 1 } },
    { title: "the last missing", arrivals: [1, 2, 3], faults: { ...NONE, lost: 1 } },
    { title: "nothing at all", arrivals: [], faults: { ...NONE, lost: 4 } },
    { title: "one doubled", arrivals: [1, 2, 2, 3, 4], faults: { ...NONE, doubled: 1 } },
    { title: "an old one again", arrivals: [1, 2, 3, 4, 1], faults: { ...NONE, doubled: 1 } },
    { title: "two swapped", arrivals: [1, 3, 2, 4], faults: { ...NONE, reordered: 1 } },
    { title: "a late one doubled", arrivals: [1, 3, 2, 2, 4], faults: { ...NONE, reordered: 1, doubled: 1 } },
    { title: "one that was never sent", arrivals: [1, 2, 3, 4, 4_294_967_295], faults: { ...NONE, doubled: 1 } },
    { title: "everything backwards", arrivals: [4, 3, 2, 1], faults: { ...NONE, reordered: 3 } },
  ])("$title", ({ arrivals, faults }) => {
    expect(faultsOf(4, arrivals)).toEqual(faults);
  });

  it("is complete when the last reader has the message, and a doubled one does not stand in for it", () => {
    const ledger = new Ledger(2);
    let completed = 0;
    const first = ledger.publish(() => {
      completed += 1;
    });
    ledger.arrive(0, first);
    ledger.arrive(0, first);
    expect(completed).toBe(0);
    ledger.arrive(1, first);
    expect(completed).toBe(1);
    expect(ledger.deliveries).toBe(3);
  });
});
