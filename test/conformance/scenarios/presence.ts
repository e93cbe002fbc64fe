import assert from "node:assert/strict";
import type { DownEvent } from "../../../src/protocol/events.ts";
import type { Session } from "../../../src/protocol/http.ts";
import { asCursor } from "../../support/cast.ts";
import { freshId, say } from "../../support/ids.ts";
import { pace, until } from "../../support/wait.ts";
import type { AttachedReader, TestServer } from "../harness.ts";
import type { Scenarios } from "../scenario.ts";
import { retryWhileSlow, sayAll, sendUntilAccepted, texts } from "./steps.ts";

const LINGER_MS = 800;
const LINGERS_MS = [800, 2_400, 7_200];

const hasLeft =
  (member: string) =>
  (event: DownEvent): boolean =>
    event.type === "left" && event.member.id === member;

const presenceEvents = (reader: AttachedReader, member: string): string[] =>
  reader.queue.all.flatMap((event) =>
    (event.type === "joined" || event.type === "left") && event.member.id === member ? [event.type] : [],
  );

/** Opens three sessions. A reader from the first one's cursor gets the other two's events, however slow the machine is. */
async function openThree(server: TestServer, room: string): Promise<[Session, Session, Session]> {
  const ownRoom = `${room}-${Math.trunc(performance.now())}`;
  const [ada, joan] = [await server.openSession(ownRoom, "Ada"), await server.openSession(ownRoom, "Joan")];
  return [ada, await server.openSession(ownRoom, "Grace"), joan];
}

export const presence: Scenarios = {
  joined: async ({ server, room }) => {
    const ada = await server.openSession(room, "Ada");
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const grace = await server.openSession(room, "Grace");
    const joined = await reader.queue.waitFor("joined", (event) => event.type === "joined");
    assert.ok(joined.type === "joined");
    assert.deepEqual(joined.member, { id: grace.member.id, name: "Grace" });
    assert.equal(grace.cursor, `${ada.epoch}-${joined.seq}`);
    assert.equal(grace.count, 2);
  },

  linger: async ({ start, room }) => {
    await retryWhileSlow(LINGERS_MS, async (lingerMs) => {
      const server = await start({ lingerMs });
      const openedAt = performance.now();
      const [ada, grace] = await openThree(server, room);
      const going = await server.attach(ada.session, { after: ada.cursor });
      const staying = await server.attach(grace.session, { after: ada.cursor });
      const stalledMs = performance.now() - openedAt;
      // The linger must not start before the member's last request, below. Let half of one pass that started at the join.
      await pace(lingerMs / 2);
      const saidAt = Date.now();
      await sendUntilAccepted((command) => going.execute(command), say("before the cut"));
      await staying.queue.waitForText("before the cut");
      going.cut();
      const left = await staying.queue.waitFor("left", hasLeft(ada.member.id));
      const took = left.type === "left" ? left.at - saidAt : 0;
      return {
        stalledMs,
        check() {
          assert.ok(took >= lingerMs, `it left after ${took} ms`);
          assert.deepEqual(presenceEvents(staying, grace.member.id), ["joined"]);
        },
      };
    });
  },

  "linger-back": async ({ start, room }) => {
    await retryWhileSlow(LINGERS_MS, async (lingerMs) => {
      const server = await start({ lingerMs });
      const openedAt = performance.now();
      const [ada, grace, joan] = await openThree(server, room);
      const observer = await server.attach(grace.session, { after: ada.cursor });
      const cut = await server.attach(ada.session, { after: ada.cursor });
      const attachedAt = performance.now();
      await sendUntilAccepted((command) => cut.execute(command), say("before the cut"));
      await observer.queue.waitForText("before the cut");
      const cutAt = performance.now();
      cut.cut();
      const back = await server.attach(ada.session, { after: cut.queue.cursor });
      const stalledMs = Math.max(attachedAt - openedAt, performance.now() - cutAt);
      // Joan never reads. Her linger restarts here, after Ada's: once it is over, Ada's would be too.
      await server.members(joan.session);
      await observer.queue.waitFor("the silent member's left", hasLeft(joan.member.id));
      await sendUntilAccepted((command) => back.execute(command), say("after the linger"));
      await observer.queue.waitForText("after the linger");
      return { stalledMs, check: () => assert.deepEqual(presenceEvents(observer, ada.member.id), []) };
    });
  },

  "linger-later": async ({ start, room }) => {
    const server = await start({ lingerMs: LINGER_MS });
    const [ada, grace] = await Promise.all([server.openSession(room, "Ada"), server.openSession(room, "Grace")]);
    const observer = await server.attach(grace.session, { after: grace.cursor });
    const first = await server.attach(ada.session, { after: ada.cursor });
    await sayAll(server, grace.session, ["seen"]);
    await first.queue.waitForText("seen");
    first.cut();
    await observer.queue.waitFor("left", hasLeft(ada.member.id));
    await sayAll(server, grace.session, ["missed"]);
    const second = await server.attach(ada.session, { after: first.queue.cursor });
    await observer.queue.until(
      "left and joined",
      () => presenceEvents(observer, ada.member.id).slice(-2).join() === "left,joined",
    );
    await sayAll(server, grace.session, ["new"]);
    await second.queue.waitForText("new");
    assert.deepEqual([...first.queue.texts, ...second.queue.texts], ["seen", "missed", "new"]);
  },

  "send-only": async ({ start, room }) => {
    await retryWhileSlow(LINGERS_MS, async (lingerMs) => {
      const server = await start({ lingerMs });
      const openedAt = performance.now();
      const [ada, grace, joan] = await openThree(server, room);
      const observer = await server.attach(grace.session, { after: ada.cursor });
      let stalledMs = 0;
      let over = false;
      const sending = (async () => {
        for (let sentAt = openedAt; !over; ) {
          await sayAll(server, ada.session, ["I only send"]);
          stalledMs = Math.max(stalledMs, performance.now() - sentAt);
          sentAt = performance.now();
          await pace(lingerMs / 8);
        }
      })();
      // Two consecutive lingers are long enough for a member that neither reads nor sends to leave.
      await observer.queue.waitFor("Joan's left", hasLeft(joan.member.id));
      await sayAll(server, joan.session, ["once more"]);
      const lefts = (): number => presenceEvents(observer, joan.member.id).filter((type) => type === "left").length;
      await observer.queue.until("Joan's second left", () => lefts() === 2);
      over = true;
      await sending;
      return { stalledMs, check: () => assert.deepEqual(presenceEvents(observer, ada.member.id), []) };
    });
  },

  "abort-frees": async ({ start, room }) => {
    const server = await start();
    const { control } = server;
    assert.ok(control !== null);
    const members = await Promise.all(texts("member", 3).map((name) => server.openSession(room, name)));
    const readers = await Promise.all(members.map(({ session, cursor }) => server.attach(session, { after: cursor })));
    await Promise.all(members.map(({ session }) => sayAll(server, session, ["to all"])));
    await Promise.all(readers.map((reader) => reader.queue.waitForText("to all")));
    for (const reader of readers) reader.abort();
    await Promise.all(readers.map((reader) => reader.queue.waitForEnd()));
    await until("the server to have closed all three", () => control.connections() === 0);
    assert.equal(control.queuedBytes(), 0);
  },

  typing: async ({ start, room }) => {
    const server = await start({ typingEveryMs: 60_000 });
    const [ada, grace] = await Promise.all([server.openSession(room, "Ada"), server.openSession(room, "Grace")]);
    const typist = await server.attach(ada.session, { after: ada.cursor });
    const other = await server.attach(grace.session, { after: ada.cursor });
    // An ephemeral event reaches only attached readers: a long poll must be held.
    await until("both to be attached", () => server.control?.connections() === 2);
    for (const _ of [1, 2, 3]) assert.equal((await typist.execute({ type: "typing", id: freshId() })).type, "ok");
    const isTyping = (event: DownEvent) => event.type === "typing";
    const typing = await other.queue.waitFor("typing", isTyping);
    assert.deepEqual(typing.type === "typing" && typing.member, { id: ada.member.id, name: "Ada" });
    assert.equal("seq" in typing, false);
    await typist.queue.waitFor("the typist's own", isTyping);
    await sayAll(server, grace.session, ["the last"]);
    await other.queue.waitForText("the last");
    assert.equal(other.queue.all.filter(isTyping).length, 1);
  },

  census: async ({ start, room }) => {
    const server = await start({ censusFrom: 4, censusEveryMs: 100 });
    const ada = await server.openSession(room, "Ada");
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const crowd = await Promise.all(texts("member", 7).map((name) => server.openSession(room, name)));
    // Only present readers receive it. A poller between two polls misses it, so another one is requested.
    const census = await until("census", async () => {
      const found = reader.queue.all.find((event) => event.type === "census" && event.count === 8);
      if (found === undefined) await server.end((await server.openSession(room, "passing by")).session);
      return found ?? null;
    });
    assert.equal("seq" in census, false);
    assert.equal(reader.queue.durable.filter((event) => event.type === "joined").length, 3);
    await Promise.all(crowd.map(({ session }) => server.end(session)));
    await sayAll(server, ada.session, ["small again"]);
    await reader.queue.waitForText("small again");
    const left = reader.queue.durable.filter((event) => event.type === "left").length;
    assert.ok(left >= 3 && left <= 4, `${left} of 7 members got a \`left\` event, though a crowd starts at 5`);
    assert.equal((await server.members(ada.session)).count, 1);
  },

  "members-bounded": async ({ start, room }) => {
    // None of them reads or sends again.
    const server = await start({ lingerMs: 600_000 });
    for (let opened = 0; opened < 101; opened += 1) await server.openSession(room, `member ${opened}`);
    const last = await server.openSession(room, "the last");
    assert.equal(last.count, 102);
    assert.equal(last.members.length, 100);
    const { count, members } = await server.members(last.session);
    assert.equal(count, 102);
    assert.equal(members.length, 100);
  },

  members: async ({ server, room, harness }) => {
    const [ada, grace] = await Promise.all([server.openSession(room, "Ada"), server.openSession(room, "Grace")]);
    await server.attach(ada.session, { after: ada.cursor });
    const { count, members } = await server.members(grace.session);
    assert.equal(count, 2);
    const byId = members.toSorted((a, b) => a.name.localeCompare(b.name));
    assert.deepEqual(byId, [
      { id: ada.member.id, name: "Ada", via: harness.name },
      { id: grace.member.id, name: "Grace" },
    ]);
  },

  history: async ({ server, room }) => {
    const ada = await server.openSession(room);
    await sayAll(server, ada.session, texts("message", 12));
    const pages: string[][] = [];
    let before = (await server.current(ada.session)).cursor;
    for (;;) {
      const page = await server.history(ada.session, before, 5);
      pages.unshift(page.events.map((event) => (event.type === "message" ? event.text : event.type)));
      if (page.cursor === null) break;
      before = page.cursor;
    }
    assert.deepEqual(
      pages.map((page) => page.length),
      [3, 5, 5],
    );
    assert.deepEqual(pages.flat(), ["joined", ...texts("message", 12)]);
  },

  "history-epoch": async ({ server, room }) => {
    const ada = await server.openSession(room);
    assert.deepEqual(await server.history(ada.session, asCursor("elsewher-9"), 5), { events: [], cursor: null });
  },

  "session-current": async ({ server, room }) => {
    const { session, ...opened } = await server.openSession(room);
    const current = await server.current(session);
    assert.equal("session" in current, false);
    assert.deepEqual(current, opened);
    assert.equal(JSON.stringify(current).includes(session), false);
  },
};
