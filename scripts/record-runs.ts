/** `npm run record`: records the runs that the replay page ships with, in a real Chromium with a real server. */

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { labPlugin } from "../lab/engine/routes.ts";
import type { Run } from "../lab/engine/run.ts";
import { openRunFile, runFile } from "../lab/engine/run-file.ts";
import { SHIPPED } from "../lab/page/replay/shipped-runs.ts";
import { startServer } from "../src/server/server.ts";
import { launchChromium } from "../test/browser/support/chromium.ts";
import { buildPage } from "../test/browser/support/page.ts";
import { run } from "../test/support/command.ts";
import { factsOf, SCRIPTS, type Script } from "./recorded-runs.ts";

const SERVER_MS = 2_500;
/** The page's figures change four times a second. */
const STRIP_MS = 600;
/** A dead stream is detected after 35 s, and a naive client gives up after 10 s. */
const SETTLED = { timeout: 90_000 };

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const FACTS = here("../lab/page/replay/shipped.json");

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !SHIPPED.some((shipped) => shipped.name === name));
if (unknown.length > 0) {
  console.error(`There is no run ${unknown.join(", ")}. Choose from ${SHIPPED.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}

const chosen = SHIPPED.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const built = await buildPage();
const server = await startServer({ pageRoot: built.root, rateLimit: false, lab: labPlugin({ ports: null }) });
const cluster = chosen.some(({ name }) => SCRIPTS[name].nodes !== null) ? await startCluster() : null;
const browser = await launchChromium();
try {
  for (const { name, title } of chosen) {
    const url = (SCRIPTS[name].nodes === null ? null : cluster?.url) ?? server.url;
    const text = runFile({ ...(await record(browser, url, SCRIPTS[name])), title });
    const facts = factsOf(text);
    SCRIPTS[name].check(facts);
    await writeFile(here(`../lab/page/static/runs/${name}.json`), text);
    const known: unknown = JSON.parse(await readFile(FACTS, "utf8"));
    await writeFile(FACTS, `${JSON.stringify({ ...Object(known), [name]: facts }, null, 2)}\n`);
    console.log(`${name}: ${facts.bytes} bytes, ${Math.round(facts.durationMs)} ms`, JSON.stringify(facts.lanes));
  }
} finally {
  await browser.close();
  await cluster?.end();
  await server.close();
  built.remove();
}

/** Starts `npm run cluster`. Resolves when all nodes are ready. */
async function startCluster(): Promise<{ readonly url: URL; end(): Promise<unknown> }> {
  const { child, exit, listening } = run([], { entry: "scripts/cluster.ts", env: { PORT: "0" } });
  const end = (): Promise<unknown> => {
    child.kill("SIGTERM");
    return exit;
  };
  return { url: await listening(), end };
}

/** Plays the script on the race page. Resolves to the run that the page saves. */
async function record(browser: Browser, url: URL, { query, messages, steps, nodes }: Script): Promise<Run> {
  const page = await browser.newPage({ locale: "en-GB", viewport: { width: 1280, height: 900 } });
  await page.goto(new URL(`/lab${query}`, url).href);
  await live(page);
  while (!(await areAt(page, nodes ?? {}))) {
    await page.reload();
    await live(page);
  }
  await page.getByRole("button", { name: "Keep sending", exact: true }).click();
  for (const { after, press } of steps) {
    await sent(page, after);
    await page.locator(press).click();
  }
  await sent(page, messages);
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await settled(page, messages);
  // A run ends with its last entry. Wait for one of the server, which is sent once a second, after what was just seen.
  await page.waitForTimeout(SERVER_MS);
  await page.getByRole("link", { name: "Wire", exact: true }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save this run" }).click();
  const saved = openRunFile(await readFile(await (await download).path(), "utf8"));
  await page.close();
  return saved;
}

async function live(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelectorAll('.lane [data-state="live"]').length === 4);
  // The strip of nodes shows streams a moment later.
  await page.waitForTimeout(STRIP_MS);
}

/** Resolves to whether the streams of these transports are at these nodes. */
async function areAt(page: Page, nodes: Readonly<Record<string, number>>): Promise<boolean> {
  const counts = Object.entries(nodes).map(([transport, node]) =>
    page.locator(`[data-node="${node}"] [data-holds="${transport}"]`).count(),
  );
  return (await Promise.all(counts)).every((count) => count > 0);
}

/** Resolves when this many messages were sent: the page's table has a row for each. */
async function sent(page: Page, messages: number): Promise<void> {
  await page.waitForFunction(
    (name) => [...document.querySelectorAll(".message-table tbody th")].some((head) => head.textContent === name),
    `m${messages}`,
    SETTLED,
  );
}

/** Resolves when every message has arrived or is lost on every lane, and no lane is reconnecting. */
async function settled(page: Page, messages: number): Promise<void> {
  await page.waitForFunction(
    (all) => {
      const count = (lane: Element, name: string): number =>
        Number(lane.querySelector(`[data-count="${name}"]`)?.textContent ?? 0);
      return (
        [...document.querySelectorAll(".lane")].every(
          (lane) => count(lane, "sent") >= all && count(lane, "inFlight") === 0,
        ) && document.querySelector('[data-state="reconnecting"]') === null
      );
    },
    messages,
    SETTLED,
  );
}
