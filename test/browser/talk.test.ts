import { expect, test } from "vitest";
import { eventually, expectTexts, freshRoom, radio, received, say } from "./support/room.ts";
import { createSpeaker } from "./support/speaker.ts";
import { useStage } from "./support/stage.ts";

const stage = useStage();

test("two people on different transports receive each other's messages", async () => {
  const room = freshRoom();
  const ada = await stage.person("Ada", { room, transport: "websocket" });
  const grace = await stage.person("Grace", { room, transport: "long-polling" });
  await ada.locator('.people [title="Reads over Long polling"]').waitFor();

  await say(ada, "Same room?");
  await received(grace, "Same room?");
  await say(grace, "Same room.");
  for (const page of [ada, grace]) await expectTexts(page, ["Same room?", "Same room."]);

  await expect(radio(ada, "websocket").getAttribute("aria-checked")).resolves.toBe("true");
  await expect(radio(grace, "long-polling").getAttribute("aria-checked")).resolves.toBe("true");
  const badge = grace.locator(".message .badge").first();
  expect(await badge.getAttribute("title")).toMatch(
    /^Sent over WebSocket, arrived over Long polling in (<1|\d+) ms\.$/,
  );
});

test("an own message is shown before the server has answered, and only once", async () => {
  const page = await stage.person("Ada", { room: freshRoom(), transport: "short-polling" });
  const shown = Promise.withResolvers<void>();
  await page.route("**/api/commands", async (route) => {
    await shown.promise;
    await route.continue();
  });
  await say(page, "Is this on?");
  await page.locator(".message .text", { hasText: "Is this on?" }).waitFor();
  shown.resolve();
  await expectTexts(page, ["Is this on?"]);
  expect(await page.locator(".message").count()).toBe(1);
});

test("a text is shown as it was sent, and no markup or script in it takes effect", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const speaker = await createSpeaker(stage.origin, room, "<i>Mallory</i>");
  const text = '<img src=x onerror="document.title=1"><b>bold</b>\n  two spaces & a\ttab\n\njavascript:alert(1)';
  await speaker.say(text);
  await expectTexts(page, [text]);
  expect(await page.locator(".log img, .log b, .who i").count()).toBe(0);
  expect(await page.locator(".text a").count()).toBe(0);
  expect(await page.locator(".text").evaluate((element) => getComputedStyle(element).whiteSpaceCollapse)).toBe(
    "preserve",
  );
});

test("only http and https addresses become links, and they send no referrer", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  await speaker.say(
    "See https://example.org/a_(b)?q=1#x, (http://example.org/y). Not ftp://example.org or data:text/html,x",
  );
  const links = page.locator(".text a");
  await links.first().waitFor();
  expect(await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")))).toEqual([
    "https://example.org/a_(b)?q=1#x",
    "http://example.org/y",
  ]);
  for (const link of await links.all()) {
    expect(await link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
    expect(await link.getAttribute("target")).toBe("_blank");
  }
});

test("code in back-ticks and fences is monospaced, and its lines and characters are kept", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  await speaker.say("try `<b>x</b>`:\n```js\nif (a) {\n\tb();\n}\n```\n**done**");
  await expectTexts(page, ["try <b>x</b>:\nif (a) {\n\tb();\n}**done**"]);
  expect(await page.locator(".text code").allTextContents()).toEqual(["<b>x</b>", "if (a) {\n\tb();\n}"]);
  const faces = await page
    .locator(".text code")
    .evaluateAll((all) => all.map((code) => getComputedStyle(code).fontFamily));
  for (const face of faces) expect(face).toContain("monospace");
});

test("each line of a message has its own direction", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  await speaker.say("latin 1\nשלום 1\nlatin 2");
  await received(page, "latin 2");
  const sides = await page.locator(".text").evaluate((element) => {
    const box = element.getBoundingClientRect();
    const text = element.firstChild;
    const lines = (text?.textContent ?? "").split("\n");
    let from = 0;
    return lines.map((line) => {
      const range = document.createRange();
      if (text !== null) {
        range.setStart(text, from);
        range.setEnd(text, from + line.length);
      }
      from += line.length + 1;
      const { left, right } = range.getBoundingClientRect();
      return left - box.left < box.right - right ? "left" : "right";
    });
  });
  expect(sides).toEqual(["left", "right", "left"]);
});

test("a long message is folded after twelve lines, and an unfolded one doesn't scroll away", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  await speaker.say(Array.from({ length: 12 }, (_, line) => `line ${line}`).join("\n"));
  await received(page, "line 11");
  await speaker.say(Array.from({ length: 60 }, (_, line) => `row ${line}`).join("\n"));
  await received(page, "row 59");
  const more = page.getByRole("button", { name: "Show more" });
  await more.waitFor();
  expect(await more.count()).toBe(1);
  const text = page.locator(".text", { hasText: "row 59" });
  expect(await text.evaluate((element) => element.clientHeight)).toBeLessThan(300);
  await eventually(() =>
    page.getByRole("log").evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight),
  ).toBeLessThan(2);
  await more.click();
  await page.getByRole("button", { name: "Show less" }).waitFor();
  const top = await text.evaluate((element) => element.getBoundingClientRect().top);
  await speaker.say("and then");
  await page.getByRole("button", { name: "1 new message" }).waitFor();
  expect(await text.evaluate((element) => element.getBoundingClientRect().top)).toBeCloseTo(top, 0);
});

test("two people of one name can be told apart in the list and in the conversation", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const [first, second] = [
    await createSpeaker(stage.origin, room, "Sam"),
    await createSpeaker(stage.origin, room, "sam"),
  ];
  await first.say("from the one");
  await second.say("from the other");
  const tags = page.locator(".who .tag");
  await eventually(() => tags.count()).toBe(2);
  expect(new Set(await tags.allTextContents()).size).toBe(2);
  await eventually(() =>
    page
      .locator(".people .tag")
      .allTextContents()
      .then((all) => all.toSorted()),
  ).toEqual((await tags.allTextContents()).toSorted());
  expect(await page.locator(".people li", { hasText: "Ada" }).locator(".tag").count()).toBe(0);
});

test("the list of people follows joins and leaves", async () => {
  const room = freshRoom();
  const ada = await stage.person("Ada", { room });
  const names = ada.locator(".people .name bdi");
  const grace = await stage.person("Grace", { room });
  await eventually(() => names.allTextContents()).toEqual(["Ada", "Grace"]);
  await ada.getByText("Grace joined").waitFor();
  await grace.getByRole("button", { name: "Leave the room" }).first().click();
  await grace.getByRole("heading", { name: "Join the room" }).waitFor();
  await eventually(() => names.allTextContents()).toEqual(["Ada"]);
});

test("a typing member is shown to the others and not to itself", async () => {
  const room = freshRoom();
  const ada = await stage.person("Ada", { room, transport: "sse" });
  const grace = await stage.person("Grace", { room, transport: "long-polling" });
  await grace.getByRole("textbox").pressSequentially("Hello");
  await ada.getByText("Grace is typing…").waitFor();
  expect(await grace.getByText("is typing…").count()).toBe(0);
  const edsger = await createSpeaker(stage.origin, room, "Edsger");
  await edsger.type();
  await ada.getByText("Grace and Edsger are typing…").waitFor();
  await grace.getByRole("textbox").press("Enter");
  await ada.getByText("Edsger is typing…", { exact: true }).waitFor();
});

test("messages that arrive while the tab is hidden are counted in its title and marked in the list", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  await speaker.say("before");
  await received(page, "before");
  const show = (state: string): Promise<void> =>
    page.evaluate((visibility) => {
      Object.defineProperty(document, "visibilityState", { value: visibility, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  await show("hidden");
  await speaker.say("one");
  await speaker.say("two");
  await eventually(() => page.title()).toBe(`(2) #${room} · Skyrocket`);
  expect(await page.locator('link[rel="icon"]').getAttribute("href")).toContain("favicon-unread.svg");
  await show("visible");
  await eventually(() => page.title()).toBe(`#${room} · Skyrocket`);
  const rows = page.locator(".rows > .unread, .rows > .message");
  expect(await rows.evaluateAll((all) => all.map((row) => row.querySelector(".text")?.textContent ?? "—"))).toEqual([
    "before",
    "—",
    "one",
    "two",
  ]);
  await say(page, "thanks");
  await eventually(() => page.locator(".unread").count()).toBe(0);
});
