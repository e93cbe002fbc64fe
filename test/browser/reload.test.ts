import { expect, test } from "vitest";
import { composer, eventually, expectTexts, freshRoom, received, say } from "./support/room.ts";
import { createSpeaker } from "./support/speaker.ts";
import { live, useStage } from "./support/stage.ts";

const stage = useStage();

test.for(["websocket", "sse", "long-polling", "short-polling"])(
  "a reload on %s keeps the member and resumes from its cursor",
  async (transport) => {
    const room = freshRoom();
    const ada = await stage.person("Ada", { room, transport });
    const grace = await stage.person("Grace", { room });
    await say(ada, "before");
    await received(grace, "before");
    const notes = await grace.locator(".note").allTextContents();
    await ada.reload();
    await live(ada);
    await say(grace, "after");
    for (const page of [ada, grace]) await expectTexts(page, ["before", "after"]);
    expect(await grace.locator(".note").allTextContents()).toEqual(notes);
    expect(await grace.locator(".people .name bdi").allTextContents()).toEqual(["Grace", "Ada"]);
  },
);

test("messages sent during a reload are shown once afterwards", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  await speaker.say("one");
  await received(page, "one");
  await page.goto("about:blank");
  await speaker.say("two");
  await speaker.say("three");
  await page.goBack();
  await live(page);
  await expectTexts(page, ["one", "two", "three"]);
});

test("a draft survives a reload", async () => {
  const page = await stage.person("Ada", { room: freshRoom() });
  await composer(page).fill("Half a thou");
  await page.reload();
  await live(page);
  expect(await composer(page).inputValue()).toBe("Half a thou");
});

test("an unsent message is sent once after a reload", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room, transport: "sse" });
  const listener = await stage.person("Grace", { room });
  await page.route("**/api/commands", (route) => route.abort());
  await say(page, "at last");
  await page.locator(".message.sending").waitFor();
  await page.unroute("**/api/commands");
  await page.reload();
  await live(page);
  for (const one of [page, listener]) await expectTexts(one, ["at last"]);
});

test("a duplicated tab becomes another member", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const storage = await page.evaluate(() => ({ ...sessionStorage }));
  const copy = await page.context().newPage();
  await copy.addInitScript((kept) => {
    for (const [key, value] of Object.entries(kept)) sessionStorage.setItem(key, String(value));
  }, storage);
  await copy.goto(page.url());
  await live(copy);
  await eventually(() => page.locator(".people .name bdi").allTextContents()).toEqual(["Ada", "Ada"]);
  await say(page, "original");
  await say(copy, "copy");
  for (const one of [page, copy]) await eventually(() => one.locator(".message").count()).toBe(2);
  expect(await page.locator(".status.good").count()).toBe(1);
});

test("the room is in the address, and its link opens the same room", async () => {
  const room = freshRoom();
  const page = await stage.visitor();
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("Room", { exact: true }).fill(`#${room.toUpperCase()}`);
  await page.getByRole("button", { name: "Join" }).click();
  await live(page);
  expect(page.url()).toBe(`${stage.origin}/?room=${room}`);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy the link to this room" }).click();
  await page.getByText("Link copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
});

test("the back button goes back to the room before", async () => {
  const [first, second] = [freshRoom(), freshRoom()];
  const page = await stage.person("Ada", { room: first });
  await page.getByRole("button", { name: "Leave the room" }).click();
  await page.getByLabel("Room", { exact: true }).fill(second);
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByRole("heading", { name: `#${second}` }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: `#${first}` }).waitFor();
  await live(page);
});
