import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { LAB } from "../support/lab.ts";
import { violations } from "./support/axe.ts";
import { eventually } from "./support/room.ts";
import { type PersonOptions, useStage } from "./support/stage.ts";

const stage = useStage({ lab: LAB });

/** Two transports, a second and a half each: enough for every part of the page. */
const PLAN = "transports=websocket,sse&rate=20&bytes=64&seconds=2";

async function open(query: string, options: PersonOptions = {}): Promise<Page> {
  // A language that every browser knows: this one's own may come from the machine.
  const page = await stage.visitor({ locale: "en-US", ...options });
  await page.goto(`${stage.origin}/lab/bench?${query}`);
  return page;
}

/** Measures as the address says; resolves when the result is there. */
async function measured(query: string, options: PersonOptions = {}): Promise<Page> {
  const page = await open(query, options);
  await page.getByRole("button", { name: "Measure" }).click();
  await page.getByRole("region", { name: "The result" }).waitFor();
  return page;
}

/** The table as texts: its columns by their heading, one record per line. */
function table(page: Page): Promise<Record<string, string>[]> {
  return page.locator(".bench-results .bench-table").evaluate((element) => {
    const texts = (row: Element): string[] =>
      [...row.querySelectorAll("th, td")].map((cell) => (cell.querySelector(".pill") ?? cell).textContent ?? "");
    const [head = [], ...rows] = [...element.querySelectorAll("tr")].map(texts);
    return rows.map((row) => Object.fromEntries(row.map((text, column) => [head[column] ?? "", text])));
  });
}

async function saved(page: Page, button: string): Promise<Buffer> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button }).click(),
  ]);
  return readFile(await download.path());
}

/** How many different colors a picture in the page has: a blank one has one. */
function colorsOf(page: Page, png: Buffer): Promise<number> {
  return page.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const pen = canvas.getContext("2d");
    if (pen === null) return 0;
    pen.drawImage(bitmap, 0, 0);
    return new Set(new Uint32Array(pen.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer)).size;
  }, png.toString("base64"));
}

test("measures each transport, in words, as curves, as a table, and to take away and bring back", async () => {
  const page = await measured(PLAN);
  expect(await page.getByRole("heading", { level: 2 }).textContent()).toBe("20 messages/s of 64 bytes for 2 s");
  const rows = await table(page);
  expect(rows.map((row) => [row["Measured"], row["received"], row["lost"], row["duplicated"]])).toEqual([
    ["WebSocket", "40 of 40", "0", "0"],
    ["Server-Sent Events", "40 of 40", "0", "0"],
  ]);
  for (const row of rows) {
    const [p50, p99] = [Number(row["p50"]), Number(row["p99"])];
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50);
    await page.getByText(`${row["Measured"]}: half arrived within ${row["p50"]} ms`).waitFor();
  }
  await page.locator(".bench-plot canvas").waitFor();

  const json = await saved(page, "Save as JSON");
  expect(JSON.parse(json.toString())).toMatchObject({
    format: "skyrocket-lab-bench",
    plan: { transports: ["websocket", "sse"], rate: 20, bytes: 64, seconds: 2 },
    surroundings: { isolated: true },
    readings: [{ counts: { received: 40 } }, { counts: { received: 40 } }],
  });
  const csv = (await saved(page, "Save as CSV")).toString().trim().split("\r\n");
  expect(csv).toHaveLength(3);
  expect(csv[1]).toMatch(/^WebSocket,(yes|no),40,40,0,0,/);
  const png = await saved(page, "Save as PNG");
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect(await colorsOf(page, png)).toBeGreaterThan(10);

  const again = await open("");
  await bring(again, json.toString());
  await again.getByRole("region", { name: "The result" }).waitFor();
  expect(await table(again)).toEqual(rows);
  await again.locator(".bench-plot canvas").waitFor();
  const both = await pictureOf(again);
  await again.getByRole("checkbox", { name: "WebSocket" }).last().uncheck();
  await eventually(() => pictureOf(again)).not.toBe(both);
});

/** The plot's picture, as text. */
function pictureOf(page: Page): Promise<string> {
  return page
    .locator(".bench-plot canvas")
    .evaluate((canvas) => (canvas instanceof HTMLCanvasElement ? canvas.toDataURL() : ""));
}

test("shows the run as it goes, and can be stopped", async () => {
  const page = await open("transports=sse&rate=20&seconds=60");
  await page.getByRole("button", { name: "Measure" }).click();
  await page.getByText(/Server-Sent Events, 1 of 1 · ([4-9]|[1-9]\d+) of 1200 messages/).waitFor();
  await page.locator(".bench-live .bench-plot canvas").waitFor();
  await eventually(() => page.locator(".bench-live td").last().textContent()).toMatch(/^[1-9]\d* of \d+$/);
  expect(await page.getByLabel("Rate").isDisabled()).toBe(true);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText(/Discarded: (.* )?Stopped after \d+ of 1200 messages\./).waitFor();
  expect((await table(page)).map((row) => row["valid"])).toEqual(["no"]);
});

test("marks itself when the tab was hidden", async () => {
  const page = await open("transports=websocket&rate=20&seconds=2");
  await page.getByRole("button", { name: "Measure" }).click();
  await page.getByText(/ · [1-9]\d* of 40 messages/).waitFor();
  await page.evaluate(() =>
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true }),
  );
  await page.getByText(/Discarded: (.* )?The tab was hidden/).waitFor();
  expect((await table(page)).map((row) => row["valid"])).toEqual(["no"]);
});

test("marks itself when the page was too busy to send in time", async () => {
  const page = await open("transports=websocket&rate=20&seconds=2");
  await page.getByRole("button", { name: "Measure" }).click();
  await page.getByText(/ · [1-9]\d* of 40 messages/).waitFor();
  await page.evaluate(() => {
    const until = performance.now() + 600;
    while (performance.now() < until);
  });
  await page.getByText(/Discarded: (.* )?A timer fired \d{3} ms late/).waitFor();
  const [row] = await table(page);
  // What was due in that time was sent late, is timed from when it was due, and nothing of it is lost.
  expect([row?.["received"], row?.["lost"]]).toEqual(["40 of 40", "0"]);
  expect(Number(row?.["highest"])).toBeGreaterThan(400);
});

test("the plan is in the address, within its bounds", async () => {
  const page = await open("transports=long-polling&rate=7&bytes=9999999&seconds=3");
  expect(await page.getByLabel("Rate").inputValue()).toBe("7");
  expect(await page.getByLabel("Size").inputValue()).toBe("4000");
  expect(await page.getByRole("checkbox", { checked: true }).count()).toBe(1);
  await page.getByLabel("Duration").fill("9999");
  await page.getByLabel("Duration").press("Tab");
  expect(await page.getByLabel("Duration").inputValue()).toBe("120");
  await eventually(() => new URL(page.url()).search).toBe("?transports=long-polling&rate=7&bytes=4000&seconds=120");
  await page.getByRole("checkbox", { name: "Long polling" }).uncheck();
  await page.getByText("Choose at least one transport.").waitFor();
  expect(await page.getByRole("button", { name: "Measure" }).isDisabled()).toBe(true);
});

/** What `npm run bench` writes, as far as it is read here. */
function benchReport(): string {
  const faults = { lost: 0, duplicated: 0, reordered: 0 };
  const sample = (scenario: string, point: string | null, row: string, bucket: number) => ({
    scenario,
    point,
    row,
    latency: [[bucket, 1_000]],
    faults,
    invalid: null,
  });
  return JSON.stringify({
    schema: 3,
    started: "2026-11-22T21:16:26.000Z",
    rows: [
      { name: "sse", title: "Skyrocket, SSE", kind: "ours", leg: "sse" },
      { name: "peer", title: "Another, WebSocket", kind: "peer", leg: "websocket" },
      { name: "floor", title: "Bare socket", kind: "floor", leg: "raw" },
    ],
    scenarios: [
      { name: "line", title: "One reader" },
      { name: "fanout", title: "Many readers" },
    ],
    samples: [
      sample("saturate", null, "sse", 200),
      sample("fanout", "lockstep", "sse", 200),
      sample("line", null, "sse", 200),
      sample("line", null, "floor", 100),
      sample("fanout", "100/s", "sse", 255),
      sample("fanout", "100/s", "peer", 250),
    ],
  });
}

/** Has the page open a report. */
function bring(page: Page, text: string): Promise<void> {
  const file = { name: "report.json", mimeType: "application/json", buffer: Buffer.from(text) };
  return page.getByLabel("Open a report").setInputFiles(file);
}

test("opens a report of npm run bench, one question at a time, and says what it can't open", async () => {
  const page = await open("");
  await bring(page, "<html>");
  await page.getByRole("alert").getByText("not JSON").waitFor();
  await bring(page, benchReport());
  await page.getByRole("region", { name: "The result" }).waitFor();
  expect((await table(page)).map((row) => [row["Measured"], row["p50"], row["received"]])).toEqual([
    ["Skyrocket, SSE", "0.20", "1,000"],
    ["Bare socket", "0.10", "1,000"],
  ]);
  expect(await page.getByRole("option").allTextContents()).toEqual(["One reader", "Many readers: 100/s"]);
  await page.getByRole("combobox").selectOption({ label: "Many readers: 100/s" });
  await eventually(() => table(page).then((rows) => rows.map((row) => row["Measured"]))).toEqual([
    "Skyrocket, SSE",
    "Another, WebSocket",
  ]);
  await page.locator(".bench-plot canvas").waitFor();
  await page.getByRole("button", { name: "Close the report" }).click();
  await eventually(() => page.getByRole("region", { name: "The result" }).count()).toBe(0);
});

test.for(["light", "dark"] as const)("axe finds nothing, %s", async (colorScheme) => {
  const page = await open("", { colorScheme });
  await bring(page, benchReport());
  await page.locator(".bench-plot canvas").waitFor();
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});
