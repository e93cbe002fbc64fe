import { describe, expect, it, vi } from "vitest";
import type { Dialect, ReaderAsk } from "../../bench/generator/dialect.ts";
import { Member } from "../../bench/generator/member.ts";

/** A server that lets in or refuses at the test's word. */
function puppet() {
  const asks: ReaderAsk[] = [];
  const open = new Set<number>();
  const dialect: Dialect = {
    enter: async () => [],
    openPublisher: () => {
      throw new Error("nobody publishes here");
    },
    openReader: (ask) => {
      asks.push(ask);
      open.add(ask.link);
      return {
        bytesRead: 10,
        bytesWritten: 3,
        reads: 1,
        pause: () => {},
        resume: () => {},
        place: () => ({ session: ask.credentials.session, cursor: `behind link ${ask.link}` }),
        close: () => void open.delete(ask.link),
      };
    },
  };
  return { dialect, asks, open };
}

function memberOf(dialect: Dialect, supervised = true) {
  const broke = vi.fn<(why: string) => void>();
  const credentials = { session: "s", cursor: "start" };
  const url = new URL("http://127.0.0.1:1/");
  const member = new Member({ dialect, url, credentials, supervised, events: { arrived: () => {}, broke } });
  return { member, broke };
}

describe("a supervised member", () => {
  it("comes back at its place, under its next link, and counts its bytes on", async () => {
    const { dialect, asks } = puppet();
    const { member } = memberOf(dialect);
    const opening = member.open();
    asks[0]?.events.opened();
    await opening;
    asks[0]?.events.broke("cut");
    await vi.waitFor(() => expect(asks).toHaveLength(2));
    expect(asks[1]).toMatchObject({ link: 2, track: true, credentials: { cursor: "behind link 1" } });
    expect([member.bytesRead, member.bytesWritten, member.reads, member.reopened]).toEqual([20, 6, 2, 1]);
  });

  it("has one connection at most, however often it is cut while it is refused", async () => {
    const { dialect, asks, open } = puppet();
    const { member } = memberOf(dialect);
    const opening = member.open();
    asks[0]?.events.opened();
    await opening;
    const first = member.comeBack();
    asks.at(-1)?.events.broke("refused");
    const second = member.comeBack();
    asks.at(-1)?.events.opened();
    await second;
    await first;
    expect([...open]).toEqual([asks.at(-1)?.link]);
    expect(asks).toHaveLength(3);
  });

  it("is not left waiting for a connection that was cut before it was in", async () => {
    const { dialect } = puppet();
    const { member } = memberOf(dialect);
    const opening = member.open();
    member.cut();
    await expect(opening).rejects.toThrow("cut");
  });

  it("does not come back once it is closed", async () => {
    const { dialect, asks, open } = puppet();
    const { member } = memberOf(dialect);
    const coming = member.comeBack();
    asks[0]?.events.broke("refused");
    member.close();
    await coming;
    expect([asks.length, open.size]).toEqual([1, 0]);
  });
});

describe("a member that nobody supervises", () => {
  it("says why it broke, and keeps away", async () => {
    const { dialect, asks } = puppet();
    const { member, broke } = memberOf(dialect, false);
    const opening = member.open();
    asks[0]?.events.opened();
    await opening;
    asks[0]?.events.broke("the server closed the connection");
    expect(broke.mock.calls).toEqual([["the server closed the connection"]]);
    expect(asks).toHaveLength(1);
  });
});
