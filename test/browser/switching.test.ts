import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { expectTexts, freshRoom, radio, received, say, switchTo } from "./support/room.ts";
import { createSpeaker } from "./support/speaker.ts";
import { useStage } from "./support/stage.ts";

const stage = useStage();
/** Time between two messages: short enough for some to fall into every switch. */
const PACE_MS = 20;
const names = clientTransports.map(({ name }) => name);

/** Returns a sequence that contains every ordered pair of transports. */
function walk(all: readonly string[]): readonly string[] {
  return all.flatMap((from, index) => [from, ...all.slice(index + 1).flatMap((to) => [to, from])]);
}

test("the switch offers the registered transports and shows the one in use", async () => {
  const page = await stage.person("Ada", { room: freshRoom() });
  const radios = page.getByRole("radio");
  expect(await radios.evaluateAll((all) => all.map((one) => one.getAttribute("data-transport")))).toEqual(names);
  expect(await page.locator('[role="radio"][aria-checked="true"]').count()).toBe(1);
  expect(await page.getByRole("button", { name: "Auto" }).getAttribute("aria-pressed")).toBe("true");
});

test("a person switches from each transport to each other one while messages flow: none is lost or duplicated", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  const said: string[] = [];
  let flowing = true;
  const flow = (async () => {
    while (flowing) {
      said.push(`number ${said.length + 1}`);
      await speaker.say(`number ${said.length}`);
      await setTimeout(PACE_MS);
    }
  })();
  for (const name of walk(names)) {
    await switchTo(page, name);
    const next = `number ${said.length + 1}`;
    await received(page, next);
  }
  flowing = false;
  await flow;
  const last = said.at(-1) ?? "";
  await received(page, last);
  const shown = await page.locator(".message .text").allTextContents();
  // The page shows at most a thousand lines. They must be the unbroken end of what was sent.
  expect(shown).toEqual(said.slice(-shown.length));
  for (const count of await page.locator(".note .clean, .note .unclean").allTextContents()) {
    expect(count).toBe("0 lost, 0 duplicated");
  }
  expect(await page.locator(".note .clean").count()).toBeGreaterThan(3);
});

test("the note of a switch names both transports, who switched, and what was lost or duplicated", async () => {
  const page = await stage.person("Ada", { room: freshRoom(), transport: "long-polling" });
  await say(page, "before");
  await switchTo(page, "websocket");
  await say(page, "after");
  await expectTexts(page, ["before", "after"]);
  const note = page.locator(".note", { hasText: "you switched" });
  expect(await note.textContent()).toMatch(/^Long polling→toWebSocketyou switched · 0 lost, 0 duplicated$/);
  expect(await page.locator(".wire").last().getAttribute("class")).toContain("tone-ws");
});

test("the chosen transport is remembered", async () => {
  const page = await stage.person("Ada", { room: freshRoom() });
  await switchTo(page, "sse");
  await page.reload();
  await page.locator('[data-transport="sse"][aria-checked="true"]').waitFor();
  expect(await page.getByRole("button", { name: "Auto" }).getAttribute("aria-pressed")).toBe("false");
});

test("a switch to a transport that can't be opened says so, and the current one stays", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room, transport: "websocket" });
  await page.route("**/transports/sse?**", (route) => route.abort());
  await page.locator('[data-transport="sse"]').click();
  await page.getByRole("alert").waitFor();
  expect(await page.locator('[data-transport="websocket"]').getAttribute("aria-checked")).toBe("true");
  await say(page, "still here");
  await expectTexts(page, ["still here"]);
});

test("a transport that this browser doesn't support is shown but can't be chosen", async () => {
  const context = await stage.browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    Reflect.deleteProperty(globalThis, "WebSocket");
    localStorage.setItem("skyrocket:name", "Ada");
  });
  await page.goto(`${stage.origin}/?room=${freshRoom()}`);
  await page.locator(".status.good").waitFor();
  expect(await page.locator('[data-transport="websocket"]').isDisabled()).toBe(true);
  expect(await page.locator('[data-transport="sse"]').getAttribute("aria-checked")).toBe("true");
  await context.close();
});

test("a switch requested while offline happens when the network is back, and gets its note", async () => {
  const page = await stage.person("Ada", { room: freshRoom(), transport: "sse" });
  await page.context().setOffline(true);
  await stage.cut(page);
  await radio(page, "long-polling").click();
  await page.context().setOffline(false);
  await page.locator('[data-transport="long-polling"][aria-checked="true"]').waitFor();
  expect(await page.locator(".note", { hasText: "you switched" }).textContent()).toBe(
    "SSE→toLong pollingyou switched · 0 lost, 0 duplicated",
  );
});
