/** Makes the README's pictures in a real browser with a real server: four people on four transports, and the race. */

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { labPlugin } from "../lab/engine/routes.ts";
import { type ChatClient, connect } from "../src/client/index.ts";
import { startServer } from "../src/server/server.ts";
import { launchChromium } from "../test/browser/support/chromium.ts";
import { buildPage } from "../test/browser/support/page.ts";

const WIDE = { width: 1200, height: 760 };
const PHONE = { width: 390, height: 780 };

const guests: ChatClient[] = [];
const folder = fileURLToPath(new URL("../docs/images/", import.meta.url));

async function enter(browser: Browser, origin: string, name: string, transport: string): Promise<Page> {
  const page = await browser.newPage({
    viewport: WIDE,
    deviceScaleFactor: 2,
    colorScheme: "light",
    locale: "en-GB",
  });
  await page.addInitScript((chosen) => localStorage.setItem("skyrocket:transport", chosen), transport);
  await page.goto(`${origin}/?room=lobby`);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Join" }).click();
  await page.locator(".status.good").waitFor();
  return page;
}

/** Joins another member without a page, since four browsers painting at once would slow down what the pictures show. */
async function guest(url: URL, name: string, transport: string): Promise<ChatClient> {
  const client = connect({ url, room: "lobby", name, transport });
  guests.push(client);
  await client.opened;
  await new Promise<void>((resolve) => {
    client.watch((state) => {
      if (state.kind === "live") resolve();
    });
  });
  return client;
}

/** Sends a message on the page and waits until it is confirmed. */
async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox").fill(text);
  await page.getByRole("textbox").press("Enter");
  await page.locator(".message:not(.sending, .sent) .text", { hasText: text }).waitFor();
}

/** Has another member send a text. Resolves when the page shows it. */
async function receive(page: Page, speaker: ChatClient, text: string): Promise<void> {
  await speaker.send(text);
  await page.locator(".text", { hasText: text }).waitFor();
}

async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${folder}${name}.png` });
  console.log(`docs/images/${name}.png written`);
}

async function talk(browser: Browser, url: URL): Promise<Page> {
  const radia = await guest(url, "Radia", "short-polling");
  const grace = await guest(url, "Grace", "sse");
  const edsger = await guest(url, "Edsger", "long-polling");
  await radia.send("Is this thing on? I only ask every two seconds.");
  await grace.send("It is. I sent one GET and have been reading the answer ever since.");
  const ada = await enter(browser, url.origin, "Ada", "long-polling");
  await receive(ada, edsger, "I ask again after every answer. Nobody notices.");
  await receive(ada, radia, "I notice. Two seconds later.");
  await say(ada, "Four transports, one log: https://html.spec.whatwg.org/multipage/server-sent-events.html");
  await say(ada, "Watch this: I switch mid-sentence.");
  await ada.locator('[data-transport="websocket"]').click();
  await ada.getByText("you switched").waitFor();
  await say(ada, "And on a socket, from the same cursor.");
  await receive(ada, grace, "Nothing missing here, nothing twice.");
  await receive(ada, edsger, "It counts that itself. I like it.");
  edsger.typing();
  await ada.getByText("Edsger is typing…").waitFor();
  return ada;
}

/** Opens the race and pauses it when every lane, including the slowest, has received ten messages. */
async function race(browser: Browser, url: URL): Promise<Page> {
  const page = await browser.newPage({
    viewport: { width: 1280, height: 900 },
    deviceScaleFactor: 2,
    colorScheme: "light",
    locale: "en-GB",
  });
  await page.goto(new URL("/lab", url).href);
  await page.locator(".lane-head", { hasText: "live" }).nth(3).waitFor();
  await page.getByRole("button", { name: "Keep sending", exact: true }).click();
  await page.locator('[data-count="received"]', { hasText: /1\d/ }).nth(3).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.evaluate(() => scrollTo(0, 0));
  return page;
}

mkdirSync(folder, { recursive: true });
const built = await buildPage();
const server = await startServer({ pageRoot: built.root, rateLimit: false, lab: labPlugin({ ports: null }) });
const browser = await launchChromium();
try {
  const page = await talk(browser, server.url);
  await picture(page, "room-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(page, "room-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(PHONE);
  await picture(page, "room-phone");
  const lab = await race(browser, server.url);
  await picture(lab, "lab-light");
  await lab.emulateMedia({ colorScheme: "dark" });
  await picture(lab, "lab-dark");
} finally {
  for (const client of guests) client.close();
  await browser.close();
  await server.close();
  built.remove();
}
