import assert from "node:assert/strict";
import { freshId, say } from "../../support/ids.ts";
import { NASTY_TEXTS } from "../../support/texts.ts";
import type { Scenarios } from "../scenario.ts";
import { assertDense, sayAll, sendUntilAccepted, texts, untilTexts } from "./steps.ts";

export const delivery: Scenarios = {
  order: async ({ server, room }) => {
    const ada = await server.openSession(room);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const said = texts("in order", 30);
    for (const text of said) await sendUntilAccepted((command) => reader.execute(command), say(text));
    assert.deepEqual(await untilTexts(reader, said.length), said);
    assertDense(reader.queue.durable);
  },

  "no-loss": async ({ server, room }) => {
    const members = await Promise.all(["Ada", "Grace", "Joan"].map((name) => server.openSession(room, name)));
    const readers = await Promise.all(members.map(({ session, cursor }) => server.attach(session, { after: cursor })));
    const said = members.map((_, index) => texts(`member ${index}`, 12));
    await Promise.all(members.map(({ session }, index) => sayAll(server, session, said[index] ?? [])));
    for (const reader of readers) {
      const received = await untilTexts(reader, 36);
      assert.deepEqual(received.toSorted(), said.flat().toSorted());
      assertDense(reader.queue.durable);
    }
  },

  "no-duplicate": async ({ server, room }) => {
    const ada = await server.openSession(room);
    await sayAll(server, ada.session, texts("before", 20));
    const middle = (await server.current(ada.session)).cursor;
    await sayAll(server, ada.session, texts("after", 20));
    const reader = await server.attach(ada.session, { after: middle });
    await sayAll(server, ada.session, ["the last"]);
    await reader.queue.waitForText("the last");
    assert.deepEqual(reader.queue.texts, [...texts("after", 20), "the last"]);
  },

  "same-list": async ({ server, room }) => {
    const ada = await server.openSession(room, "Ada");
    const grace = await server.openSession(room, "Grace");
    const first = await server.attach(ada.session, { after: ada.cursor });
    await sayAll(server, ada.session, texts("early", 10));
    const second = await server.attach(grace.session, { after: ada.cursor });
    await Promise.all([sayAll(server, ada.session, texts("a", 10)), sayAll(server, grace.session, texts("g", 10))]);
    await untilTexts(first, 30);
    await untilTexts(second, 30);
    assert.deepEqual(second.queue.durable, first.queue.durable);
  },

  "text-exact": async ({ server, room }) => {
    const ada = await server.openSession(room);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const said = Object.values(NASTY_TEXTS);
    for (const text of said) await sendUntilAccepted((command) => reader.execute(command), say(text));
    assert.deepEqual(await untilTexts(reader, said.length), said);
  },

  "text-html": async ({ server, room }) => {
    const name = '<b>Ada & "co"</b>';
    const ada = await server.openSession(room, name);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const text = '<img src=x onerror="alert(1)">&amp;';
    await sendUntilAccepted((command) => reader.execute(command), say(text));
    const message = await reader.queue.waitForText(text);
    assert.equal(message.from.name, name);
  },

  "text-chopped": async ({ start, room }) => {
    const server = await start();
    const ada = await server.openSession(room);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    reader.chop(3);
    // Only two messages, since every three bytes take a turn of the event loop.
    const said = ["naïve 🚀 日本語 \u2028 é".repeat(3), Object.values(NASTY_TEXTS).join(" ")];
    await sayAll(server, ada.session, said);
    assert.deepEqual(await untilTexts(reader, said.length), said);
  },

  via: async ({ server, room, harness }) => {
    const [ada, grace] = await Promise.all([server.openSession(room, "Ada"), server.openSession(room, "Grace")]);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    await sendUntilAccepted((command) => reader.execute(command), say("from a reader", freshId()));
    await sayAll(server, grace.session, ["from nowhere"]);
    assert.equal((await reader.queue.waitForText("from a reader")).via, harness.name);
    assert.equal("via" in (await reader.queue.waitForText("from nowhere")), false);
  },
};
