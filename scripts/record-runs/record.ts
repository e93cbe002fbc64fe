import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { openRunFile } from "../../src/lab/file.ts";
import type { Run } from "../../src/lab/run.ts";
import type { Script } from "./scripts.ts";

const SERVER_MS = 2_500;
/** A dead stream takes 35 s to be found out, and a naive one 10 s to be given up. */
const SETTLED = { timeout: 90_000 };

/** Plays the script on the race's page, and answers the run that page saves. */
export async function record(browser: Browser, url: URL, { query, messages, weather }: Script): Promise<Run> {
  const page = await browser.newPage({ locale: "en-GB", viewport: { width: 1280, height: 900 } });
  await page.goto(new URL(`/lab${query}`, url).href);
  await page.waitForFunction(() => document.querySelectorAll('[data-state="live"]').length === 4);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  if (weather !== null) {
    await sent(page, weather.from);
    await page.locator(`[data-preset="${weather.preset}"]`).click();
    await sent(page, weather.to);
    await page.locator('[data-preset="calm"]').click();
  }
  await sent(page, messages);
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await settled(page, messages);
  // A run ends with its last entry: that of the server, once a second, has to be later than what was just seen.
  await page.waitForTimeout(SERVER_MS);
  await page.getByRole("link", { name: "Wire", exact: true }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save this run" }).click();
  const run = openRunFile(await readFile(await (await download).path(), "utf8"));
  await page.close();
  return run;
}

/** Resolves when so many messages have been sent: the table of the page has them in its rows. */
async function sent(page: Page, messages: number): Promise<void> {
  await page.waitForFunction(
    (name) => [...document.querySelectorAll(".message-table tbody th")].some((head) => head.textContent === name),
    `m${messages}`,
    SETTLED,
  );
}

/** Resolves when every lane has or has lost every message, and none is without a connection it wants back. */
async function settled(page: Page, messages: number): Promise<void> {
  await page.waitForFunction(
    (all) => {
      const count = (lane: Element, name: string): number =>
        Number(lane.querySelector(`[data-count="${name}"]`)?.textContent ?? 0);
      return (
        [...document.querySelectorAll(".lane")].every(
          (lane) => count(lane, "sent") >= all && count(lane, "underway") === 0,
        ) && document.querySelector('[data-state="reconnecting"]') === null
      );
    },
    messages,
    SETTLED,
  );
}
