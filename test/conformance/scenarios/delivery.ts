import assert from "node:assert/strict";
import { freshId, say } from "../../support/ids.ts";
import { NASTY_TEXTS } from "../../support/texts.ts";
import { verifies } from "../verifies.ts";
import { assertDense, insist, sayAll, texts, untilTexts } from "./steps.ts";

verifies("order", async ({ site, room }) => {
  const ada = await site.openSession(room);
  const down = await site.attach(ada.session, { after: ada.cursor });
  const said = texts("in order", 30);
  for (const text of said) await insist((command) => down.execute(command), say(text));
  assert.deepEqual(await untilTexts(down, said.length), said);
  assertDense(down.queue.numbered);
});

verifies("no-loss", async ({ site, room }) => {
  const members = await Promise.all(["Ada", "Grace", "Joan"].map((name) => site.openSession(room, name)));
  const downs = await Promise.all(members.map(({ session, cursor }) => site.attach(session, { after: cursor })));
  const said = members.map((_, index) => texts(`member ${index}`, 12));
  await Promise.all(members.map(({ session }, index) => sayAll(site, session, said[index] ?? [])));
  for (const down of downs) {
    const received = await untilTexts(down, 36);
    assert.deepEqual(received.toSorted(), said.flat().toSorted());
    assertDense(down.queue.numbered);
  }
});

verifies("no-duplicate", async ({ site, room }) => {
  const ada = await site.openSession(room);
  await sayAll(site, ada.session, texts("before", 20));
  const middle = (await site.current(ada.session)).cursor;
  await sayAll(site, ada.session, texts("after", 20));
  const down = await site.attach(ada.session, { after: middle });
  await sayAll(site, ada.session, ["the last"]);
  await down.queue.waitForText("the last");
  assert.deepEqual(down.queue.texts, [...texts("after", 20), "the last"]);
});

verifies("same-list", async ({ site, room }) => {
  const ada = await site.openSession(room, "Ada");
  const grace = await site.openSession(room, "Grace");
  const first = await site.attach(ada.session, { after: ada.cursor });
  await sayAll(site, ada.session, texts("early", 10));
  const second = await site.attach(grace.session, { after: ada.cursor });
  await Promise.all([sayAll(site, ada.session, texts("a", 10)), sayAll(site, grace.session, texts("g", 10))]);
  await untilTexts(first, 30);
  await untilTexts(second, 30);
  assert.deepEqual(second.queue.numbered, first.queue.numbered);
});

verifies("text-exact", async ({ site, room }) => {
  const ada = await site.openSession(room);
  const down = await site.attach(ada.session, { after: ada.cursor });
  const said = Object.values(NASTY_TEXTS);
  for (const text of said) await insist((command) => down.execute(command), say(text));
  assert.deepEqual(await untilTexts(down, said.length), said);
});

verifies("text-html", async ({ site, room }) => {
  const name = '<b>Ada & "co"</b>';
  const ada = await site.openSession(room, name);
  const down = await site.attach(ada.session, { after: ada.cursor });
  const text = '<img src=x onerror="alert(1)">&amp;';
  await insist((command) => down.execute(command), say(text));
  const message = await down.queue.waitForText(text);
  assert.equal(message.from.name, name);
});

verifies("text-chopped", async ({ start, room }) => {
  const site = await start();
  const ada = await site.openSession(room);
  const down = await site.attach(ada.session, { after: ada.cursor });
  down.chop(3);
  // In few messages: three bytes take a turn of the event loop.
  const said = ["naïve 🚀 日本語 \u2028 é".repeat(3), Object.values(NASTY_TEXTS).join(" ")];
  await sayAll(site, ada.session, said);
  assert.deepEqual(await untilTexts(down, said.length), said);
});

verifies("via", async ({ site, room, arm }) => {
  const [ada, grace] = await Promise.all([site.openSession(room, "Ada"), site.openSession(room, "Grace")]);
  const down = await site.attach(ada.session, { after: ada.cursor });
  await insist((command) => down.execute(command), say("from a reader", freshId()));
  await sayAll(site, grace.session, ["from nowhere"]);
  assert.equal((await down.queue.waitForText("from a reader")).via, arm.name);
  assert.equal("via" in (await down.queue.waitForText("from nowhere")), false);
});
