import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { eventually, freshRoom, received } from "./support/room.ts";
import { createSpeaker, sayMany } from "./support/speaker.ts";
import { useStage } from "./support/stage.ts";

const stage = useStage();

function scrollTo(page: Page, top: number): Promise<void> {
  return page.getByRole("log").evaluate((log, y) => {
    log.scrollTop = y;
  }, top);
}

/** Returns a message's distance from the upper edge of the window in px. */
function topOf(page: Page, text: string): Promise<number> {
  return page
    .locator(".message", { has: page.getByText(text, { exact: true }) })
    .evaluate((row) => Math.round(row.getBoundingClientRect().top));
}

test("earlier messages are shown on joining, and scrolling up loads more without a jump", async () => {
  const room = freshRoom();
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  await sayMany(speaker, 160);
  const page = await stage.person("Ada", { room });
  await received(page, "number 160");
  const messages = page.locator(".message");
  const shown = await messages.count();
  expect(shown).toBeLessThan(110);
  const first = (await messages.first().locator(".text").textContent()) ?? "";
  await scrollTo(page, 120);
  const before = await topOf(page, first);
  await eventually(() => messages.count()).toBeGreaterThan(shown);
  expect(Math.abs((await topOf(page, first)) - before)).toBeLessThanOrEqual(40);
  while (!(await page.getByText(`This is the beginning of #${room}.`).isVisible())) await scrollTo(page, 0);
  expect(await messages.locator(".text").allTextContents()).toEqual(
    Array.from({ length: 160 }, (_, index) => `number ${index + 1}`),
  );
});

test("new messages don't move a reader further up; a button counts them and leads to them", async () => {
  const room = freshRoom();
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  await sayMany(speaker, 60);
  const page = await stage.person("Ada", { room });
  await received(page, "number 60");
  await scrollTo(page, 500);
  await page.getByRole("button", { name: "Newest" }).waitFor();
  const top = await topOf(page, "number 40");
  await sayMany(speaker, 3, 61);
  await page.getByRole("button", { name: "3 new messages" }).waitFor();
  expect(await topOf(page, "number 40")).toBe(top);
  await page.getByRole("button", { name: "3 new messages" }).click();
  await page.getByText("number 63", { exact: true }).waitFor();
  await eventually(() => page.locator(".jump").count()).toBe(0);
  expect(await page.locator(".unread + .message .text").textContent()).toBe("number 61");
});

test("a long conversation keeps a bounded part on the page, and scrolling loads the rest", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  await sayMany(speaker, 2_200);
  await received(page, "number 2200");
  expect(await page.locator(".rows > li").count()).toBeLessThanOrEqual(1_000);
  const texts = await page.locator(".message .text").allTextContents();
  expect(texts.at(-1)).toBe("number 2200");
  const first = Number(texts[0]?.split(" ")[1]);
  await scrollTo(page, 0);
  await page.getByText(`number ${first - 1}`, { exact: true }).waitFor({ state: "attached" });
  while (!(await page.getByText("number 1", { exact: true }).count())) await scrollTo(page, 0);
  expect(await page.locator(".rows > li").count()).toBeLessThanOrEqual(1_300);
  await page.getByRole("button", { name: "Newest" }).click();
  await page.getByText("number 2200", { exact: true }).waitFor();
  await speaker.say("and on");
  await received(page, "and on");
});

test("an empty room says that it has no messages", async () => {
  const page = await stage.person("Ada", { room: freshRoom() });
  await page.getByText("No messages yet.").waitFor();
});

test("history that fails to load says so and can be requested again", async () => {
  const room = freshRoom();
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  await sayMany(speaker, 120);
  const page = await stage.person("Ada", { room });
  await received(page, "number 120");
  await page.route("**/api/history**", (route) => route.abort());
  await scrollTo(page, 0);
  const again = page.getByRole("button", { name: "Try again" });
  await again.waitFor();
  await page.unroute("**/api/history**");
  await again.click();
  await page.getByText("number 20", { exact: true }).waitFor({ state: "attached" });
});
