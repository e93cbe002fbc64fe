import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { redis } from "../../scripts/setup/tools.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { endAll, run } from "../support/command.ts";
import { PATIENCE_MS, until, within } from "../support/wait.ts";
import { violations } from "./support/axe.ts";
import { launchChromium } from "./support/chromium.ts";
import { eventually } from "./support/room.ts";

const LANES = clientTransports.length;

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());
afterEach(endAll);

/** The states of the nodes, as the strip shows them. */
function states(page: Page): Promise<string[]> {
  return page.locator("[data-node-state]").allTextContents();
}

/** Each lane's lost, duplicated, reordered and missing messages. */
async function troubles(page: Page): Promise<number[][]> {
  return page.locator(".meter").evaluateAll((meters) =>
    meters.map((meter) => {
      const count = (name: string): number =>
        Number(meter.querySelector(`[data-count="${name}"]`)?.textContent ?? Number.NaN);
      return [count("lost"), count("duplicated"), count("reordered"), count("sent") - count("received")];
    }),
  );
}

/** Resolves when this many messages were sent. */
async function sent(page: Page, messages: number): Promise<void> {
  await eventually(async () => Number(await page.locator('[data-count="sent"]').first().textContent())).toBeGreaterThan(
    messages,
  );
}

describeWith("the race under npm run cluster", [redis], () => {
  test("a node is killed and another one cut from Redis while the race sends, and no lane loses a message", async () => {
    const script = run([], { entry: "scripts/cluster.ts", env: { PORT: "0" } });
    const url = await script.listening();
    await until("the last line", () => script.output.out.includes("Ctrl+C"));
    const page = await browser.newPage({ locale: "en-US", reducedMotion: "reduce" });
    page.setDefaultTimeout(PATIENCE_MS);
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    await page.goto(new URL("/lab?rate=5", url).href);
    await eventually(() => page.locator('.lane [data-state="live"]').count()).toBe(LANES);
    expect(await states(page)).toEqual(["ready", "ready", "ready"]);
    // The streams of SSE and WebSocket; a long poll is held most of the time.
    await eventually(() => page.locator(".node .pill").count()).toBeGreaterThanOrEqual(2);
    await page.getByRole("button", { name: "Keep sending" }).click();
    await sent(page, 5);

    const kill = page.getByRole("button", { name: "Kill Node 2" });
    await kill.focus();
    await page.keyboard.press("Enter");
    await eventually(() => states(page)).toEqual(["ready", "not running", "ready"]);
    // The same button, so that the focus is not lost.
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Start again Node 2");
    expect(await page.getByRole("button", { name: "Cut from Redis Node 2" }).isDisabled()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Cut from Redis Node 3" }).click();
    await eventually(() => states(page)).toEqual(["ready", "ready", "cut from Redis, gets no requests"]);
    await page.getByRole("button", { name: "Reconnect Node 3" }).click();
    await eventually(() => states(page)).toEqual(["ready", "ready", "ready"]);

    const before = Number(await page.locator('[data-count="sent"]').first().textContent());
    await sent(page, before + 5);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await eventually(() => troubles(page)).toEqual(Array.from({ length: LANES }, () => [0, 0, 0, 0]));
    const served = await page.locator('.node [data-count="requests"]').allTextContents();
    for (const requests of served) expect(Number(requests.replaceAll(",", ""))).toBeGreaterThan(0);

    // A new run knows the nodes from its start.
    await page.getByRole("button", { name: "Start a new run" }).click();
    await eventually(() => page.locator('.lane [data-state="live"]').count()).toBe(LANES);
    expect(await states(page)).toEqual(["ready", "ready", "ready"]);
    const polls = page.locator('.lane[data-transport="short-polling"] [data-figure="requests"]');
    await eventually(async () => Number(await polls.textContent())).toBeGreaterThan(2);
    expect(faults).toEqual([]);
    await page.close();
    script.child.kill("SIGTERM");
    expect(await within("the end", script.exit)).toBe(0);
  });
});
