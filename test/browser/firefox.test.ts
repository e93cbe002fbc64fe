import puppeteer, { type Browser, type BrowserContext, type Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { QUESTIONS } from "../../lab/page/answers/questions.ts";
import { firefox } from "../../scripts/setup/tools.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { describeWith, pathOf } from "../proxies/support/needs.ts";
import { LAB } from "../support/lab.ts";
import { PATIENCE_MS, pace } from "../support/wait.ts";
import { type BuiltPage, buildPage } from "./support/page.ts";
import { eventually, freshRoom } from "./support/room.ts";
import { createSpeaker } from "./support/speaker.ts";

// The main flows of the other tests of this folder in a second engine, driven by WebDriver BiDi.

const ALL = clientTransports.map(({ name }) => name);
/** Slow enough for a browser without a graphics card to keep up on a busy machine. */
const PACE_MS = 150;
const CONFIRMED = ".message:not(.sending, .sent, .failed) .text";

describeWith("Firefox", [firefox], () => {
  let server: RunningServer;
  let browser: Browser;
  let built: BuiltPage;
  const contexts: BrowserContext[] = [];
  const faults: string[] = [];

  beforeAll(async () => {
    built = await buildPage();
    // A dead stream is detected after 7 s instead of 35.
    const settings = { heartbeatMs: 1_000 };
    server = await startServer({ rateLimit: false, pageRoot: built.root, lab: LAB, settings });
    browser = await puppeteer.launch({
      browser: "firefox",
      executablePath: pathOf(firefox),
      timeout: PATIENCE_MS,
      protocolTimeout: PATIENCE_MS,
    });
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    built?.remove();
  });

  /** Opens a page in its own profile. An error on a page fails the test. */
  async function open(path: string): Promise<Page> {
    const context = await browser.createBrowserContext();
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => {
      // Firefox reports a refused WebSocket as a page error, and the experiments refuse some.
      if (!/establish a connection|was interrupted/.test(String(error))) faults.push(String(error));
    });
    page.on("console", (message) => {
      if (message.text().includes("Content-Security-Policy")) faults.push(message.text());
    });
    // Only a long poll times out after 32.5 to 35 s. Here it times out after 6.
    await page.evaluateOnNewDocument(() => {
      const real = window.setTimeout.bind(window);
      Object.assign(window, {
        setTimeout: (task: () => void, ms = 0) => real(task, ms >= 32_500 && ms <= 35_000 ? 6_000 : ms),
      });
    });
    await page.goto(new URL(path, server.url).href);
    return page;
  }

  async function person(name: string, room: string): Promise<Page> {
    const page = await open(`/?room=${room}`);
    await page.locator("#join-name").fill(name);
    await page.locator('.join button[type="submit"]').click();
    await page.locator(".status.good").wait();
    return page;
  }

  function texts(page: Page, selector = CONFIRMED): Promise<string[]> {
    return page.$$eval(selector, (all) => all.map(({ textContent }) => textContent ?? ""));
  }

  async function switchTo(page: Page, transport: string): Promise<void> {
    await page.locator(`[data-transport="${transport}"]`).click();
    await page.locator(`[data-transport="${transport}"][aria-checked="true"]`).wait();
  }

  /** Each lane's sent, received, lost, duplicated, reordered. */
  async function ledgers(page: Page): Promise<Record<string, readonly string[]>> {
    const names = ["sent", "received", "lost", "duplicated", "reordered"];
    const lanes = ALL.map(async (transport) => {
      const counts = names.map((name) => texts(page, `.lane[data-transport="${transport}"] [data-count="${name}"]`));
      return [transport, (await Promise.all(counts)).flat()] as const;
    });
    return Object.fromEntries(await Promise.all(lanes));
  }

  test("a person joins, sends a message and receives one", async () => {
    const room = freshRoom();
    const page = await person("Ada", room);
    const grace = await createSpeaker(server.url.origin, room, "Grace");
    await page.locator("textarea").fill("Does it work here?");
    await page.keyboard.press("Enter");
    await eventually(() => texts(page)).toEqual(["Does it work here?"]);
    await grace.say("It does.");
    await eventually(() => texts(page)).toEqual(["Does it work here?", "It does."]);
  });

  test("a person switches to each transport while messages flow, and no message is lost or duplicated", async () => {
    const room = freshRoom();
    const page = await person("Ada", room);
    const grace = await createSpeaker(server.url.origin, room, "Grace");
    const said: string[] = [];
    let flowing = true;
    const flow = (async () => {
      while (flowing) {
        said.push(`number ${said.length + 1}`);
        await grace.say(`number ${said.length}`);
        await pace(PACE_MS);
      }
    })();
    for (const name of [...ALL.slice(1), ...ALL.slice(0, 1)]) {
      await switchTo(page, name);
      const next = `number ${said.length + 1}`;
      await eventually(async () => (await texts(page)).includes(next)).toBe(true);
    }
    flowing = false;
    await flow;
    await eventually(async () => (await texts(page)).at(-1)).toBe(said.at(-1));
    const shown = await texts(page);
    // The page shows the latest lines only. They must be the unbroken end of what was sent.
    expect(shown).toEqual(said.slice(-shown.length));
    for (const cost of await texts(page, ".note .clean, .note .unclean")) expect(cost).toMatch(/^0 lost, 0 /);
  });

  test("the race shows one message in every lane, none lost or duplicated", async () => {
    const page = await open("/lab");
    await eventually(() => page.$$eval('.lane [data-state="live"]', (all) => all.length)).toBe(ALL.length);
    await page.locator('::-p-aria([name="Send one"][role="button"])').click();
    const once = Object.fromEntries(ALL.map((name) => [name, ["1", "1", "0", "0", "0"]]));
    await eventually(() => ledgers(page)).toEqual(once);
  });

  test.each(QUESTIONS.map(({ name }) => name))("the question %s is answered by a measurement", async (question) => {
    const page = await open("/lab");
    const card = `[data-question="${question}"]`;
    await eventually(() => page.$$eval('.lane [data-state="live"]', (all) => all.length)).toBe(ALL.length);
    await page.locator(`${card} button`).click();
    await page.locator(`${card}[data-finding="answered"]`).wait();
    expect((await texts(page, `${card} [role="status"]`)).join()).toMatch(/\d/);
  });
});
