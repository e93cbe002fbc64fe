import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { LAB } from "../support/lab.ts";
import { violations } from "./support/axe.ts";
import { eventually } from "./support/room.ts";
import { type PersonOptions, useStage } from "./support/stage.ts";

const stage = useStage({ lab: LAB });
const ALL = clientTransports.map(({ name }) => name);

/** The race, with every lane live. */
async function race(query = "", options: PersonOptions = {}): Promise<Page> {
  const page = await stage.visitor({ locale: "en-US", reducedMotion: "reduce", ...options });
  await page.goto(`${stage.origin}/lab${query}`);
  await allLive(page);
  return page;
}

async function allLive(page: Page): Promise<void> {
  const lanes = page.locator('.lane [data-state="live"]');
  const shown = page.locator(".lane");
  await eventually(async () => [await shown.count(), await lanes.count()]).toSatisfy(
    ([all, live]) => all > 0 && all === live,
  );
}

function lane(page: Page, transport: string): Locator {
  return page.locator(`.lane[data-transport="${transport}"]`);
}

async function figure(page: Page, transport: string, name: string): Promise<number> {
  return Number(await lane(page, transport).locator(`[data-count="${name}"]`).textContent());
}

/** Each lane's sent, received, lost, duplicated, reordered. */
function ledgers(page: Page): Promise<number[][]> {
  const names = ["sent", "received", "lost", "duplicated", "reordered"];
  return Promise.all(ALL.map((transport) => Promise.all(names.map((name) => figure(page, transport, name)))));
}

async function send(page: Page, sent: number): Promise<void> {
  await page.getByRole("button", { name: "Send one" }).click();
  await eventually(() => ledgers(page)).toEqual(ALL.map(() => [sent, sent, 0, 0, 0]));
}

function place(page: Page): Locator {
  return page.getByRole("slider", { name: "Position in the run" });
}

/** All that is drawn and said of the lanes, at the place where the playhead stands. */
async function picture(page: Page): Promise<string> {
  const drawn = await page
    .locator(".lane canvas")
    .evaluateAll((all) => all.map((one) => (one instanceof HTMLCanvasElement ? one.toDataURL() : "")));
  return [...drawn, ...(await page.locator(".meter").allTextContents())].join("\n");
}

/** Moves the playhead there as a hand would, and waits until it stands. */
async function scrubTo(page: Page, part: number): Promise<void> {
  await place(page).evaluate((slider, share) => {
    if (!(slider instanceof HTMLInputElement)) return;
    slider.value = String(Number(slider.min) + (Number(slider.max) - Number(slider.min)) * share);
    slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, part);
  await page.getByRole("button", { name: "Play", exact: true }).waitFor();
}

async function visitors(): Promise<unknown> {
  const info: unknown = await (await fetch(`${stage.origin}/lab/info`)).json();
  return typeof info === "object" && info !== null ? Reflect.get(info, "visitors") : null;
}

test("a message reaches all four lanes, and each says what it cost and in which order things came", async () => {
  const page = await race();
  await send(page, 1);
  for (const transport of ALL) {
    const now = Number(await lane(page, transport).locator('[data-figure="now"]').textContent());
    expect(now, transport).toBeGreaterThan(0);
    await lane(page, transport)
      .getByText(/\d+ B a message · \d+ B payload/)
      .waitFor();
    expect(await lane(page, transport).locator('[data-figure="requests"]').textContent()).toMatch(/^[1-9]/);
    expect(await lane(page, transport).locator('[data-count="replayed"]').textContent()).toBe("0");
  }
  await page.locator("[data-server]", { hasText: /CPU [\d.]+ % of a core · memory .+ · event loop late by/ }).waitFor();
  await page.getByText("As a table: the last 20 messages").click();
  const cells = await page.locator(".message-table tbody td").allTextContents();
  expect(cells).toHaveLength(1 + ALL.length);
  for (const cell of cells.slice(1)) expect(cell).toMatch(/^[\d.]+ m?s$/);
});

test("before a message was sent there is nothing of it, and the same place is the same picture", async () => {
  const page = await race();
  await page.getByRole("button", { name: "Pause" }).click();
  await scrubTo(page, 1);
  const before = await picture(page);
  await page.getByRole("button", { name: "Live" }).click();
  await send(page, 1);
  await scrubTo(page, 1);
  await eventually(() => figure(page, "websocket", "received")).toBe(1);
  const after = await picture(page);
  expect(after).not.toBe(before);
  await scrubTo(page, 0);
  await eventually(() => figure(page, "websocket", "sent")).toBe(0);
  const beginning = await picture(page);
  expect(beginning).not.toBe(after);
  // The run is still growing: the address names the place in the run's own time.
  const at = await place(page).inputValue();
  await page.getByRole("button", { name: "Live" }).click();
  await send(page, 2);
  await place(page).evaluate((slider, value) => {
    if (!(slider instanceof HTMLInputElement)) return;
    slider.value = value;
    slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, at);
  await eventually(() => picture(page)).toBe(beginning);
});

test("the space bar pauses, and nothing moves until it is pressed again", async () => {
  const page = await race("", { reducedMotion: "no-preference" });
  await page.locator("h1").click();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Play", exact: true }).waitFor();
  const still = await picture(page);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  expect(await picture(page)).toBe(still);
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await eventually(() => picture(page)).not.toBe(still);
});

test("what is set is in the address, and the address sets it again", async () => {
  const page = await race();
  await page.locator(".toggle", { hasText: "SSE" }).click();
  await lane(page, "sse").waitFor({ state: "detached" });
  await page.getByRole("combobox", { name: "at" }).selectOption("10");
  await page.getByRole("button", { name: "Show more time" }).click();
  await eventually(() => new URL(page.url()).search).toMatch(/^\?span=\d+&hide=sse&rate=10$/);
  const span = await page.locator(".zoom output").textContent();
  const again = await race(new URL(page.url()).search);
  expect(await lane(again, "sse").count()).toBe(0);
  expect(await lane(again, "websocket").count()).toBe(1);
  expect(await again.locator(".zoom output").textContent()).toBe(span);
  expect(await again.getByRole("combobox", { name: "at" }).inputValue()).toBe("10");
  await again.locator(".toggle", { hasText: "SSE" }).click();
  await lane(again, "sse").waitFor();
});

test("two visitors have messages of their own, and a closed tab leaves no lane behind", async () => {
  const [one, other] = [await race(), await race()];
  expect(await visitors()).toBe(2);
  await send(one, 1);
  expect(await ledgers(other)).toEqual(ALL.map(() => [0, 0, 0, 0, 0]));
  await send(other, 1);
  await one.close();
  await eventually(visitors).toBe(1);
  await send(other, 2);
  await other.close();
  await eventually(visitors).toBe(0);
});

test.for(["dark", "light", "projector"] as const)("axe finds nothing, and nothing is cut off, %s", async (theme) => {
  const page = await race("", {
    colorScheme: theme === "dark" ? "dark" : "light",
    viewport: { width: 1280, height: 900 },
  });
  if (theme === "projector") await page.getByRole("button", { name: "Projector" }).click();
  else {
    // Four lanes and what sends to them on the first screen.
    const last = await page.locator(".lane").last().boundingBox();
    expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual(900);
  }
  await send(page, 1);
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});

test("the room leads to the laboratory", async () => {
  const page = await stage.visitor({ locale: "en-US" });
  await page.getByRole("link", { name: "Laboratory" }).click();
  await allLive(page);
});

test("at 50 messages a second it draws a bounded part, says so, and says what drawing takes", async () => {
  const page = await race("?rate=50", { reducedMotion: "no-preference" });
  await page.getByRole("button", { name: "Keep sending", exact: true }).click();
  await page.locator("[data-sampled]", { hasText: /sampled: \d+ % of the data is drawn/ }).waitFor();
  expect(Number(await page.locator("[data-work]").getAttribute("data-work"))).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Stop" }).click();
  // On a busy machine what was sent meanwhile takes its time to arrive; the limit only ends a hang.
  const settled = async (): Promise<boolean> => (await ledgers(page)).every(([sent, received]) => sent === received);
  await expect.poll(settled, { timeout: 90_000 }).toBe(true);
}, 180_000);
