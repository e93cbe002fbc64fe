import assert from "node:assert/strict";
import type { DownEvent } from "../../../src/protocol/events.ts";
import type { Session } from "../../../src/protocol/http.ts";
import { asCursor } from "../../support/cast.ts";
import { freshId, say } from "../../support/ids.ts";
import { pace, until } from "../../support/wait.ts";
import type { Down, Site } from "../arm.ts";
import { verifies } from "../verifies.ts";
import { insist, keepingTime, sayAll, texts } from "./steps.ts";

const LINGER_MS = 800;
const LINGERS_MS = [800, 2_400, 7_200];

const hasLeft =
  (member: string) =>
  (event: DownEvent): boolean =>
    event.type === "left" && event.member.id === member;

const comings = (down: Down, member: string): string[] =>
  down.queue.all.flatMap((event) =>
    (event.type === "joined" || event.type === "left") && event.member.id === member ? [event.type] : [],
  );

/** Three members. A reader from the first one's cursor on misses nothing of the other two, however slow the machine is. */
async function openThree(site: Site, room: string): Promise<[Session, Session, Session]> {
  const place = `${room}-${Math.trunc(performance.now())}`;
  const [ada, joan] = [await site.openSession(place, "Ada"), await site.openSession(place, "Joan")];
  return [ada, await site.openSession(place, "Grace"), joan];
}

verifies("joined", async ({ site, room }) => {
  const ada = await site.openSession(room, "Ada");
  const down = await site.attach(ada.session, { after: ada.cursor });
  const grace = await site.openSession(room, "Grace");
  const joined = await down.queue.waitFor("joined", (event) => event.type === "joined");
  assert.ok(joined.type === "joined");
  assert.deepEqual(joined.member, { id: grace.member.id, name: "Grace" });
  assert.equal(grace.cursor, `${ada.epoch}-${joined.seq}`);
  assert.equal(grace.count, 2);
});

verifies("linger", async ({ start, room }) => {
  await keepingTime(LINGERS_MS, async (lingerMs) => {
    const site = await start({ lingerMs });
    const openedAt = performance.now();
    const [ada, grace] = await openThree(site, room);
    const going = await site.attach(ada.session, { after: ada.cursor });
    const staying = await site.attach(grace.session, { after: ada.cursor });
    const stalledMs = performance.now() - openedAt;
    // The linger begins with the member's last request or later: not before this. One that began at the join is half over.
    await pace(lingerMs / 2);
    const saidAt = Date.now();
    await insist((command) => going.execute(command), say("before the cut"));
    await staying.queue.waitForText("before the cut");
    going.cut();
    const left = await staying.queue.waitFor("left", hasLeft(ada.member.id));
    const took = left.type === "left" ? left.at - saidAt : 0;
    return {
      stalledMs,
      check() {
        assert.ok(took >= lingerMs, `it left after ${took} ms`);
        assert.deepEqual(comings(staying, grace.member.id), ["joined"]);
      },
    };
  });
});

verifies("linger-back", async ({ start, room }) => {
  await keepingTime(LINGERS_MS, async (lingerMs) => {
    const site = await start({ lingerMs });
    const openedAt = performance.now();
    const [ada, grace, joan] = await openThree(site, room);
    const observer = await site.attach(grace.session, { after: ada.cursor });
    const cut = await site.attach(ada.session, { after: ada.cursor });
    const attachedAt = performance.now();
    await insist((command) => cut.execute(command), say("before the cut"));
    await observer.queue.waitForText("before the cut");
    const cutAt = performance.now();
    cut.cut();
    const back = await site.attach(ada.session, { after: cut.queue.cursor });
    const stalledMs = Math.max(attachedAt - openedAt, performance.now() - cutAt);
    // Joan never reads. Her linger begins anew here, after Ada's: when it is over, so would Ada's be.
    await site.members(joan.session);
    await observer.queue.waitFor("the silent member's left", hasLeft(joan.member.id));
    await insist((command) => back.execute(command), say("after the linger"));
    await observer.queue.waitForText("after the linger");
    return { stalledMs, check: () => assert.deepEqual(comings(observer, ada.member.id), []) };
  });
});

verifies("linger-later", async ({ start, room }) => {
  const site = await start({ lingerMs: LINGER_MS });
  const [ada, grace] = await Promise.all([site.openSession(room, "Ada"), site.openSession(room, "Grace")]);
  const observer = await site.attach(grace.session, { after: grace.cursor });
  const first = await site.attach(ada.session, { after: ada.cursor });
  await sayAll(site, grace.session, ["seen"]);
  await first.queue.waitForText("seen");
  first.cut();
  await observer.queue.waitFor("left", hasLeft(ada.member.id));
  await sayAll(site, grace.session, ["missed"]);
  const second = await site.attach(ada.session, { after: first.queue.cursor });
  await observer.queue.until(
    "left and joined",
    () => comings(observer, ada.member.id).slice(-2).join() === "left,joined",
  );
  await sayAll(site, grace.session, ["new"]);
  await second.queue.waitForText("new");
  assert.deepEqual([...first.queue.texts, ...second.queue.texts], ["seen", "missed", "new"]);
});

verifies("send-only", async ({ start, room }) => {
  await keepingTime(LINGERS_MS, async (lingerMs) => {
    const site = await start({ lingerMs });
    const openedAt = performance.now();
    const [ada, grace, joan] = await openThree(site, room);
    const observer = await site.attach(grace.session, { after: ada.cursor });
    let stalledMs = 0;
    let over = false;
    const sending = (async () => {
      for (let sentAt = openedAt; !over; ) {
        await sayAll(site, ada.session, ["I only send"]);
        stalledMs = Math.max(stalledMs, performance.now() - sentAt);
        sentAt = performance.now();
        await pace(lingerMs / 8);
      }
    })();
    // Two lingers, one after the other, run out for one who does neither.
    await observer.queue.waitFor("Joan's left", hasLeft(joan.member.id));
    await sayAll(site, joan.session, ["once more"]);
    const lefts = (): number => comings(observer, joan.member.id).filter((type) => type === "left").length;
    await observer.queue.until("Joan's second left", () => lefts() === 2);
    over = true;
    await sending;
    return { stalledMs, check: () => assert.deepEqual(comings(observer, ada.member.id), []) };
  });
});

verifies("abort-frees", async ({ start, room }) => {
  const site = await start();
  const { control } = site;
  assert.ok(control !== null);
  const members = await Promise.all(texts("member", 3).map((name) => site.openSession(room, name)));
  const downs = await Promise.all(members.map(({ session, cursor }) => site.attach(session, { after: cursor })));
  await Promise.all(members.map(({ session }) => sayAll(site, session, ["to all"])));
  await Promise.all(downs.map((down) => down.queue.waitForText("to all")));
  for (const down of downs) down.abort();
  await Promise.all(downs.map((down) => down.queue.waitForEnd()));
  await until("the server to have let all three go", () => control.connections() === 0);
  assert.equal(control.queuedBytes(), 0);
});

verifies("typing", async ({ start, room }) => {
  const site = await start({ typingEveryMs: 60_000 });
  const [ada, grace] = await Promise.all([site.openSession(room, "Ada"), site.openSession(room, "Grace")]);
  const typist = await site.attach(ada.session, { after: ada.cursor });
  const other = await site.attach(grace.session, { after: ada.cursor });
  // What is not numbered reaches only who is attached at that moment: a long poll must be under way.
  await until("both to be attached", () => site.control?.connections() === 2);
  for (const _ of [1, 2, 3]) assert.equal((await typist.execute({ type: "typing", id: freshId() })).type, "ok");
  const isTyping = (event: DownEvent) => event.type === "typing";
  const typing = await other.queue.waitFor("typing", isTyping);
  assert.deepEqual(typing.type === "typing" && typing.member, { id: ada.member.id, name: "Ada" });
  assert.equal("seq" in typing, false);
  await typist.queue.waitFor("the typist's own", isTyping);
  await sayAll(site, grace.session, ["the last"]);
  await other.queue.waitForText("the last");
  assert.equal(other.queue.all.filter(isTyping).length, 1);
});

verifies("census", async ({ start, room }) => {
  const site = await start({ censusFrom: 4, censusEveryMs: 100 });
  const ada = await site.openSession(room, "Ada");
  const down = await site.attach(ada.session, { after: ada.cursor });
  const crowd = await Promise.all(texts("member", 7).map((name) => site.openSession(room, name)));
  // It is told to those who read at that moment: a poller that is on its way back misses it, so that one is called for again.
  const census = await until("census", async () => {
    const told = down.queue.all.find((event) => event.type === "census" && event.count === 8);
    if (told === undefined) await site.end((await site.openSession(room, "passing by")).session);
    return told ?? null;
  });
  assert.equal("seq" in census, false);
  assert.equal(down.queue.numbered.filter((event) => event.type === "joined").length, 3);
  await Promise.all(crowd.map(({ session }) => site.end(session)));
  await sayAll(site, ada.session, ["small again"]);
  await down.queue.waitForText("small again");
  const left = down.queue.numbered.filter((event) => event.type === "left").length;
  assert.ok(left >= 3 && left <= 4, `${left} of 7 were told to have left, where a crowd is 5 or more`);
  assert.equal((await site.members(ada.session)).count, 1);
});

verifies("members-bounded", async ({ start, room }) => {
  const site = await start();
  for (let opened = 0; opened < 101; opened += 1) await site.openSession(room, `member ${opened}`);
  const last = await site.openSession(room, "the last");
  assert.equal(last.count, 102);
  assert.equal(last.members.length, 100);
  const { count, members } = await site.members(last.session);
  assert.equal(count, 102);
  assert.equal(members.length, 100);
});

verifies("members", async ({ site, room, arm }) => {
  const [ada, grace] = await Promise.all([site.openSession(room, "Ada"), site.openSession(room, "Grace")]);
  await site.attach(ada.session, { after: ada.cursor });
  const { count, members } = await site.members(grace.session);
  assert.equal(count, 2);
  const byId = members.toSorted((a, b) => a.name.localeCompare(b.name));
  assert.deepEqual(byId, [
    { id: ada.member.id, name: "Ada", via: arm.name },
    { id: grace.member.id, name: "Grace" },
  ]);
});

verifies("history", async ({ site, room }) => {
  const ada = await site.openSession(room);
  await sayAll(site, ada.session, texts("message", 12));
  const pages: string[][] = [];
  let before = (await site.current(ada.session)).cursor;
  for (;;) {
    const page = await site.history(ada.session, before, 5);
    pages.unshift(page.events.map((event) => (event.type === "message" ? event.text : event.type)));
    if (page.cursor === null) break;
    before = page.cursor;
  }
  assert.deepEqual(
    pages.map((page) => page.length),
    [3, 5, 5],
  );
  assert.deepEqual(pages.flat(), ["joined", ...texts("message", 12)]);
});

verifies("history-epoch", async ({ site, room }) => {
  const ada = await site.openSession(room);
  assert.deepEqual(await site.history(ada.session, asCursor("elsewher-9"), 5), { events: [], cursor: null });
});

verifies("session-current", async ({ site, room }) => {
  const { session, ...opened } = await site.openSession(room);
  const current = await site.current(session);
  assert.equal("session" in current, false);
  assert.deepEqual(current, opened);
  assert.equal(JSON.stringify(current).includes(session), false);
});
