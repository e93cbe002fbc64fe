import { readFile } from "node:fs/promises";
import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { acceptOf } from "../../lab/engine/decoder/index.ts";
import { QUESTIONS } from "../../lab/page/answers/questions.ts";
import { linesOf, supportOf } from "../../scripts/page-facts/facts.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { LAB } from "../support/lab.ts";
import { violations } from "./support/axe.ts";
import { type PersonOptions, useStage } from "./support/stage.ts";

/** So that a dead stream is found out in 7 s, and not in 35. */
const stage = useStage({ lab: LAB, settings: { heartbeatMs: 1_000 } });

async function race(options: PersonOptions = {}): Promise<Page> {
  const page = await stage.visitor({ locale: "en-US", reducedMotion: "reduce", ...options });
  // A long poll waits 35 s for its answer, less a tenth of 25 at most, and nothing else does: six seconds here.
  await page.addInitScript(() => {
    const real = window.setTimeout.bind(window);
    Object.assign(window, {
      setTimeout: (task: () => void, ms = 0) => real(task, ms >= 32_500 && ms <= 35_000 ? 6_000 : ms),
    });
  });
  await page.goto(`${stage.origin}/lab`);
  return page;
}

function card(page: Page, question: string): Locator {
  return page.locator(`[data-question="${question}"]`);
}

async function answer(page: Page, question: string): Promise<string> {
  const asked = card(page, question);
  await asked.getByRole("button", { name: "Measure it" }).click();
  await asked.and(page.locator('[data-finding="answered"]')).waitFor();
  return (await asked.getByRole("status").textContent()) ?? "";
}

/** Each has its own visitor, and so its own lanes and weather. */
const EXPERIMENTS: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  async cost(page) {
    const text = await answer(page, "cost");
    const costs = [...text.matchAll(/([\d,]+) B over /g)].map(([, figure = ""]) => Number(figure.replaceAll(",", "")));
    expect(text).toContain("Receiving a 40-byte message cost");
    expect(costs).toHaveLength(clientTransports.length);
    const [, longPolling = 0, sse = 0, webSocket = 0] = costs;
    // Its JSON alone is longer than this; a head of HTTP makes the difference between the ways.
    expect(webSocket).toBeGreaterThan(100);
    expect(sse).toBeGreaterThan(webSocket);
    expect(longPolling).toBeGreaterThan(3 * sse);
    expect(await card(page, "cost").locator("[data-transport]").count()).toBe(clientTransports.length);
  },

  async handshake(page) {
    const text = await answer(page, "handshake");
    const [, key = "", accept] =
      /it answers the key (\S+) with (\S+), and this page computed the same\./.exec(text) ?? [];
    expect(acceptOf(key)).toBe(accept);
    expect(text).toMatch(/a request of [\d,]+ B and a response of [\d,]+ B, [\d.]+ m?s in total/);
    await card(page, "handshake").getByRole("link").click();
    await page.waitForURL(`${stage.origin}/lab/wire`);
  },

  async buffering(page) {
    await page.locator('[data-preset="slow-reader"]').click();
    const text = await answer(page, "buffering");
    const [, held, through = ""] =
      /removed after [\d.]+ s\. Only then did these arrive: SSE at ([\d.]+) s\. Not held back: (.*?)\. A WebSocket/.exec(
        text,
      ) ?? [];
    expect(Number(held)).toBeGreaterThanOrEqual(5);
    expect(through).toMatch(/polling at [\d.]+ m?s, long polling at [\d.]+ m?s, and WebSocket at [\d.]+ m?s/);
    expect(text).toMatch(/gave up on WebSocket and SSE and was live over long polling after [\d.]+ s\./);
    expect(await page.locator('[data-preset="slow-reader"]').getAttribute("aria-pressed")).toBe("true");
  },

  async "dead-peer"(page) {
    const text = await answer(page, "dead-peer");
    const [, , sse = 0, webSocket = 0] =
      /by themselves: (.*?)\. All of them/.exec(text)?.[1]?.split(/, /).map(secondsOf) ?? [];
    for (const seconds of [sse, webSocket]) expect(seconds).toBeGreaterThan(5);
    expect(text).toContain("none lost the message");
  },

  async wall(page) {
    const text = await answer(page, "wall");
    expect(text).toContain("With 6 streams open to one origin");
    expect(text).toMatch(/did not leave the browser for [1-9][\d.]* s; [\d.]+ ms after one stream was closed/);
  },
};

test("each question is answered in words, with numbers that were measured here", async () => {
  expect(Object.keys(EXPERIMENTS)).toEqual(QUESTIONS.map(({ name }) => name));
  await Promise.all(Object.values(EXPERIMENTS).map(async (experiment) => experiment(await race())));
});

function secondsOf(text: string): number {
  return Number(/after ([\d.]+) s$/.exec(text)?.[1]);
}

test("an experiment can be stopped, holds up the others meanwhile, and leaves the weather as it was", async () => {
  const page = await race();
  const asked = card(page, "buffering");
  await asked.getByRole("button", { name: "Measure it" }).click();
  await page.locator('[data-preset="corporate-proxy"][aria-pressed="true"]').waitFor();
  expect(await card(page, "cost").getByRole("button").isDisabled()).toBe(true);
  await asked.getByRole("button", { name: "Stop" }).click();
  await asked.getByText("not measured yet").waitFor();
  expect(await page.locator('[data-preset="calm"]').getAttribute("aria-pressed")).toBe("true");
  expect(await card(page, "cost").getByRole("button").isEnabled()).toBe(true);
});

test.for(["light", "dark"] as const)(
  "why not just one of them, in numbers of this project; axe finds nothing, %s",
  async (colorScheme) => {
    const page = await race({ colorScheme });
    for (const { name } of clientTransports) {
      const panel = page.locator(`.why-panel[data-transport="${name}"]`);
      await panel.locator("summary").click();
      const parts = ["client", "server", "wire"].map(async (part) => {
        const path = new URL(`../../src/transports/${name}/${part}.ts`, import.meta.url);
        return linesOf(`${part}.ts`, await readFile(path, "utf8"));
      });
      const [client = 0, server = 0, wire = 0] = await Promise.all(parts);
      expect(await panel.locator('[data-fact="lines"]').textContent()).toBe(
        `${client + server + wire} lines: ${client} client, ${server} server, ${wire} used by both`,
      );
      expect(await panel.locator('[data-fact="support"]').textContent()).toMatch(
        /^9\d(\.\d)? % of page views have .*Safari/,
      );
    }
    expect(await page.locator(".worries").textContent()).toContain(`WebSocket ${supportOf("websockets").percent} %`);
    await page.getByText("By hand", { exact: true }).click();
    expect(await violations(page, [".weather", ".answers", ".why"])).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await violations(page, [".weather", ".answers", ".why"])).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  },
);
