import { describe, expect, test, vi } from "vitest";
import type { Dialect, ReaderOptions } from "../../bench/generator/dialect.ts";
import { Ledger } from "../../bench/generator/ledger.ts";
import { Member } from "../../bench/generator/member.ts";

/** A server that lets in or refuses at the test's word. */
function puppet() {
  const opened: ReaderOptions[] = [];
  const open = new Set<number>();
  const dialect: Dialect = {
    join: async () => [],
    openPublisher: () => {
      throw new Error("nobody publishes here");
    },
    openReader: (options) => {
      opened.push(options);
      open.add(options.link);
      return {
        bytesRead: 10,
        bytesWritten: 3,
        reads: 1,
        pause: () => {},
        resume: () => {},
        position: () => ({ session: options.credentials.session, cursor: `behind link ${options.link}` }),
        close: () => void open.delete(options.link),
      };
    },
  };
  return { dialect, opened, open };
}

function memberOf(dialect: Dialect, supervised = true) {
  const failed = vi.fn<(why: string) => void>();
  const credentials = { session: "s", cursor: "start" };
  const url = new URL("http://127.0.0.1:1/");
  const member = new Member({ dialect, nodes: [url], credentials, supervised, events: { arrived: () => {}, failed } });
  return { member, failed };
}

describe("a supervised member", () => {
  test("a supervised member reconnects at its position with its next link and keeps its counters", async () => {
    const { dialect, opened } = puppet();
    const { member } = memberOf(dialect);
    const opening = member.open();
    opened[0]?.events.opened();
    await opening;
    opened[0]?.events.failed("cut");
    await vi.waitFor(() => expect(opened).toHaveLength(2));
    expect(opened[1]).toMatchObject({ link: 2, track: true, credentials: { cursor: "behind link 1" } });
    expect([member.bytesRead, member.bytesWritten, member.reads, member.reopened]).toEqual([20, 6, 2, 1]);
  });

  test("a member has at most one connection, however often it is cut while it is refused", async () => {
    const { dialect, opened, open } = puppet();
    const { member } = memberOf(dialect);
    const opening = member.open();
    opened[0]?.events.opened();
    await opening;
    const first = member.reconnect();
    opened.at(-1)?.events.failed("refused");
    const second = member.reconnect();
    opened.at(-1)?.events.opened();
    await second;
    await first;
    expect([...open]).toEqual([opened.at(-1)?.link]);
    expect(opened).toHaveLength(3);
  });

  test("opening rejects if the connection is cut before it is attached", async () => {
    const { dialect } = puppet();
    const { member } = memberOf(dialect);
    const opening = member.open();
    member.cut();
    await expect(opening).rejects.toThrow("cut");
  });

  test("a closed member does not reconnect", async () => {
    const { dialect, opened, open } = puppet();
    const { member } = memberOf(dialect);
    const coming = member.reconnect();
    opened[0]?.events.failed("refused");
    member.close();
    await coming;
    expect([opened.length, open.size]).toEqual([1, 0]);
  });
});

describe("a member that is not supervised", () => {
  test("an unsupervised member reports why it failed and does not reconnect", async () => {
    const { dialect, opened } = puppet();
    const { member, failed } = memberOf(dialect, false);
    const opening = member.open();
    opened[0]?.events.opened();
    await opening;
    opened[0]?.events.failed("the server closed the connection");
    expect(failed.mock.calls).toEqual([["the server closed the connection"]]);
    expect(opened).toHaveLength(1);
  });
});

const NONE = { lost: 0, duplicated: 0, reordered: 0 };

/** Returns the faults of one reader that was sent `published` messages and received these. */
function faultsOf(published: number, arrivals: readonly number[]) {
  const ledger = new Ledger(1);
  for (let count = 0; count < published; count += 1) ledger.nextNumber(() => {});
  for (const number of arrivals) ledger.arrive(0, number);
  return ledger.faults();
}

describe("the ledger", () => {
  test.each([
    { title: "all in order", arrivals: [1, 2, 3, 4], faults: NONE },
    { title: "one missing in the middle", arrivals: [1, 2, 4], faults: { ...NONE, lost: 1 } },
    { title: "the first missing", arrivals: [2, 3, 4], faults: { ...NONE, lost: 1 } },
    { title: "the last missing", arrivals: [1, 2, 3], faults: { ...NONE, lost: 1 } },
    { title: "nothing at all", arrivals: [], faults: { ...NONE, lost: 4 } },
    { title: "one duplicated", arrivals: [1, 2, 2, 3, 4], faults: { ...NONE, duplicated: 1 } },
    { title: "an old one again", arrivals: [1, 2, 3, 4, 1], faults: { ...NONE, duplicated: 1 } },
    { title: "two swapped", arrivals: [1, 3, 2, 4], faults: { ...NONE, reordered: 1 } },
    { title: "a late one duplicated", arrivals: [1, 3, 2, 2, 4], faults: { ...NONE, reordered: 1, duplicated: 1 } },
    { title: "one that was never sent", arrivals: [1, 2, 3, 4, 4_294_967_295], faults: { ...NONE, duplicated: 1 } },
    { title: "everything backwards", arrivals: [4, 3, 2, 1], faults: { ...NONE, reordered: 3 } },
  ])("$title", ({ arrivals, faults }) => {
    expect(faultsOf(4, arrivals)).toEqual(faults);
  });

  test("a message is complete when the last reader has it, and a duplicate does not count for another reader", () => {
    const ledger = new Ledger(2);
    let completed = 0;
    const first = ledger.nextNumber(() => {
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
