import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { SHIPPED, shippedOf } from "../../lab/page/replay/shipped-runs.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { LAB } from "../support/lab.ts";
import { violations } from "./support/axe.ts";
import { eventually } from "./support/room.ts";
import { type PersonOptions, useStage } from "./support/stage.ts";

const stage = useStage({ lab: LAB });
const LANES = clientTransports.length;

/** The page for replays. */
async function open(query = "", options: PersonOptions = {}): Promise<Page> {
  const page = await stage.visitor({ locale: "en-US", ...options });
  await page.goto(`${stage.origin}/lab/replay${query}`);
  return page;
}

/** The ledger of each lane, in order. */
function ledgers(page: Page): Promise<readonly (readonly [string, number, number, number])[]> {
  return page.locator(".meter").evaluateAll((meters) =>
    meters.map((meter): [string, number, number, number] => {
      const count = (name: string): number =>
        Number(meter.querySelector(`[data-count="${name}"]`)?.textContent ?? Number.NaN);
      return [meter.getAttribute("data-lane") ?? "", count("sent"), count("lost"), count("received")];
    }),
  );
}

function scrubTo(page: Page, part: number): Promise<void> {
  return page.getByRole("slider", { name: "Position in the run" }).evaluate((element, share) => {
    if (!(element instanceof HTMLInputElement)) throw new Error("The slider is none.");
    const [from, to] = [Number(element.min), Number(element.max)];
    element.value = String(share >= 1 ? to : from + (to - from) * share);
    element.dispatchEvent(new Event("input", { bubbles: true }));
  }, part);
}

/** Every lane's picture, pixel by pixel. */
function pictures(page: Page): Promise<readonly string[]> {
  return page
    .locator(".lane-picture canvas")
    .evaluateAll((all) => all.map((canvas) => (canvas instanceof HTMLCanvasElement ? canvas.toDataURL() : "")));
}

/** The pictures once two in a row are equal: fonts are there, sizes are settled. */
async function settledPictures(page: Page): Promise<readonly string[]> {
  await page.evaluate(() => document.fonts.ready);
  let before: readonly string[] = [];
  await eventually(async () => {
    const now = await pictures(page);
    const same = now.length === LANES && now.every((picture, index) => picture === before[index]);
    before = now;
    return same;
  }).toBe(true);
  return before;
}

test.for(SHIPPED)("$name plays to its end, which is what its text promises", async ({ name, title, facts }) => {
  const page = await stage.visitor({ locale: "en-US" });
  const asked: string[] = [];
  page.on("websocket", (socket) => asked.push(socket.url()));
  page.on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin !== stage.origin || !/\.(js|css|json|svg|woff2)$|^\/lab\/replay$/.test(pathname))
      asked.push(request.url());
  });
  await page.goto(`${stage.origin}/lab/replay`);
  await page.locator(`[data-run="${name}"]`).click();
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await scrubTo(page, 0.05);
  const early = (await ledgers(page)).map(([, , , received]) => received);
  await scrubTo(page, 1 - 1_000 / facts.durationMs);
  await page.getByRole("button", { name: "Play" }).click();
  await eventually(async () => {
    const now = await ledgers(page);
    return now.map(([transport, sent, lost, received]) => ({ transport, sent, received, lost }));
  }).toEqual(facts.lanes);
  // It ends where the run does, and stands.
  await page.getByRole("button", { name: "Play" }).waitFor();
  const end = await ledgers(page);
  for (const [index, [transport, sent, lost, received]] of end.entries()) {
    expect(sent - lost, transport).toBe(received);
    expect(early[index], transport).toBeLessThanOrEqual(received);
  }
  expect(early.some((count, index) => count < (end[index]?.[3] ?? 0))).toBe(true);
  expect(asked).toEqual([]);
});

test("the nodes follow the playhead, without buttons, and a change of theirs is a place in the run", async () => {
  const page = await open("?run=nodes&at=0");
  const states = page.locator("[data-node-state]");
  await eventually(() => states.allTextContents()).toEqual(["ready", "ready", "ready"]);
  await page.getByRole("button", { name: "Node 2 ended" }).click();
  await page.getByRole("button", { name: "Pause" }).click();
  await eventually(() => states.allTextContents()).toEqual(["ready", "not running", "ready"]);
  expect(await page.locator(".nodes button").count()).toBe(0);
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await scrubTo(page, 1);
  await eventually(() => states.allTextContents()).toEqual(["ready", "ready", "ready"]);
});

test("the same address is the same picture, in any page and after going back and forth", async () => {
  const query = "?run=tunnel&at=8000&span=10000";
  const [one, other] = [await open(query), await open(query)];
  const first = await settledPictures(one);
  expect(new Set(first).size).toBe(LANES);
  expect(await settledPictures(other)).toEqual(first);
  await scrubTo(one, 0.9);
  expect(await settledPictures(one)).not.toEqual(first);
  await one.goto(`${stage.origin}/lab/replay${query}`);
  expect(await settledPictures(one)).toEqual(first);
});

test("where one is, is in the address: the run, the place, the view and the lanes", async () => {
  const page = await open("?run=tunnel&at=7000");
  await page.locator(".replay-sky", { hasText: "Train tunnel" }).waitFor();
  expect(await page.getByRole("button", { name: "Play" }).count()).toBe(1);
  await page.getByRole("button", { name: "SSE" }).click();
  await scrubTo(page, 0);
  await eventually(() => new URL(page.url()).search).toBe("?run=tunnel&at=0&hide=sse");
  await page.getByRole("radio", { name: "Its bytes" }).check();
  await eventually(() => new URL(page.url()).searchParams.get("view")).toBe("wire");
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "The wire" }).waitFor();
  await page.getByRole("radio", { name: "The race" }).check();
  expect(await page.locator(".lane").count()).toBe(LANES - 1);
  await page.getByRole("button", { name: "Train tunnel" }).click();
  await page.locator('[data-weather="train-tunnel"]').waitFor();
  await page.getByRole("button", { name: "All runs" }).click();
  await page.getByRole("heading", { name: "Replay a run" }).waitFor();
  await eventually(() => new URL(page.url()).search).toBe("");
});

test("the wire's view shows the run's bytes up to where it stands, and sends nothing", async () => {
  const page = await open("?run=calm&at=3000&view=wire");
  const listed = page.getByText(/^\d+ listed$/);
  await listed.waitFor();
  const count = async (): Promise<number> => Number.parseInt((await listed.textContent()) ?? "", 10);
  const early = await count();
  expect(early).toBeGreaterThan(4);
  expect(await page.locator(".wire-hex").textContent()).toContain("/transports/");
  expect(await page.getByRole("tab", { name: "Workbench" }).count()).toBe(0);
  await scrubTo(page, 1);
  await eventually(count).toBeGreaterThan(early);
});

test("a file opens without a network, and what is none is refused in words", async () => {
  const page = await open();
  await page.getByLabel("Open a file").waitFor();
  await page.context().setOffline(true);
  const bring = (text: string): Promise<void> =>
    page
      .getByLabel("Open a file")
      .setInputFiles({ name: "mine.json", mimeType: "application/json", buffer: Buffer.from(text) });
  await bring("<html>");
  await page.getByRole("alert").getByText("The file is not JSON.").waitFor();
  await page.locator('[data-run="calm"]').click();
  await page.getByRole("alert").getByText("could not be loaded").waitFor();
  await bring(await readFile(new URL("../../lab/page/static/runs/naive.json", import.meta.url), "utf8"));
  await page.getByRole("heading", { level: 1, name: "The same tunnel, naively" }).waitFor();
  await page.getByRole("radio", { name: "Its bytes" }).check();
  await page.getByText(/^\d+ listed$/).waitFor();
  await page.getByRole("radio", { name: "The race" }).check();
  await scrubTo(page, 1);
  const lost = (await ledgers(page)).map(([transport, sent, gone, received]) => ({
    transport,
    sent,
    received,
    lost: gone,
  }));
  expect(lost).toEqual(shippedOf("naive")?.facts.lanes);
  await page.context().setOffline(false);
});

test("a live run that is saved and dropped here has the same numbers", async () => {
  const live = await stage.visitor({ locale: "en-US" });
  await live.goto(`${stage.origin}/lab`);
  await eventually(() => live.locator('[data-state="live"]').count()).toBe(LANES);
  for (const _message of [1, 2, 3]) await live.getByRole("button", { name: "Send one" }).click();
  await eventually(async () =>
    (await ledgers(live)).every(([, sent, , received]) => sent === 3 && received === 3),
  ).toBe(true);
  const numbers = await ledgers(live);
  await live.getByRole("link", { name: "Wire", exact: true }).click();
  const [download] = await Promise.all([
    live.waitForEvent("download"),
    live.getByRole("button", { name: "Save this run" }).click(),
  ]);
  const text = await readFile(await download.path(), "utf8");
  expect(text).not.toMatch(/session=(?!x+[&\s"])/);

  const page = await open();
  await page.getByRole("heading", { name: "Replay a run" }).waitFor();
  const held = await page.evaluateHandle((content) => {
    const data = new DataTransfer();
    data.items.add(new File([content], "run.json", { type: "application/json" }));
    return data;
  }, text);
  const target = page.locator(".replay");
  await target.dispatchEvent("dragover", { dataTransfer: held });
  await page.locator(".replay[data-dropping]").waitFor();
  await target.dispatchEvent("drop", { dataTransfer: held });
  await page.getByRole("heading", { level: 1, name: "A run of the race" }).waitFor();
  await scrubTo(page, 1);
  expect(await ledgers(page)).toEqual(numbers);
  expect(new URL(page.url()).searchParams.get("run")).toBeNull();
});

test("a run is not played by itself if the visitor prefers reduced motion", async () => {
  const page = await open("?run=calm", { reducedMotion: "reduce" });
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
});

test.for(["light", "dark"] as const)("axe finds nothing, %s", async (colorScheme) => {
  const page = await open("", { colorScheme });
  await page.getByRole("heading", { name: "Replay a run" }).waitFor();
  expect(await violations(page)).toEqual([]);
  for (const view of ["race", "wire"]) {
    await page.goto(`${stage.origin}/lab/replay?run=tunnel&at=8000&view=${view}`);
    await page.getByRole("slider", { name: "Position in the run" }).waitFor();
    for (const width of [1_280, 360]) {
      await page.setViewportSize({ width, height: 740 });
      expect(await violations(page), `${view}, ${width}`).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    }
  }
});
