import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { PRESETS } from "../../lab/engine/weather.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { LAB } from "../support/lab.ts";
import { type PersonOptions, useStage } from "./support/stage.ts";

/** Streams find out within two of them and five seconds that they are dead: here in 7 s, and not in 35. */
const HEARTBEAT_MS = 1_000;
const FOUND_OUT_MS = 2 * HEARTBEAT_MS + 5_000;
const stage = useStage({ lab: LAB, settings: { heartbeatMs: HEARTBEAT_MS } });
const STREAMS = clientTransports.filter(({ streaming }) => streaming).map(({ name }) => name);
const ALL = clientTransports.map(({ name }) => name);

/** The race, with every lane live. */
async function race(query = "", options: PersonOptions = {}): Promise<Page> {
  const page = await stage.visitor({ locale: "en-US", reducedMotion: "reduce", ...options });
  await page.goto(`${stage.origin}/lab${query}`);
  for (const name of ALL) await lane(page, name).locator('[data-state="live"]').waitFor();
  return page;
}

function lane(page: Page, transport: string): Locator {
  return page.locator(`.lane[data-transport="${transport}"]`);
}

function count(page: Page, transport: string, name: string): Promise<number> {
  const counter = lane(page, transport).locator(`[data-count="${name}"]`);
  return counter.count().then(async (there) => (there === 0 ? 0 : Number(await counter.textContent())));
}

/** Waits until the lane's ledger has every message that was sent, and is clean. */
async function clean(page: Page, transport: string, sent: number): Promise<void> {
  await expect
    .poll(async () => {
      const figures = ["sent", "received", "lost", "duplicated", "reordered"].map((name) =>
        count(page, transport, name),
      );
      return Promise.all(figures);
    })
    .toEqual([sent, sent, 0, 0, 0]);
}

async function send(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Send one" }).click();
}

function press(page: Page, name: string): Promise<void> {
  return page.locator(".weather").getByRole("button", { name, exact: true }).click();
}

/** `noticed after 7.0 s, back after 7.4 s`: the two in ms. */
async function times(page: Page, transport: string): Promise<readonly number[]> {
  const said = lane(page, transport).locator(".trouble", { hasText: "back after" });
  await said.waitFor();
  const text = (await said.textContent()) ?? "";
  return [...text.matchAll(/after ([\d.]+) (m?s)/g)].map(
    ([, figure, unit]) => Number(figure) * (unit === "s" ? 1_000 : 1),
  );
}

/** The cut, and so long at least a lane is without a connection. */
const CUTS: readonly (readonly [string, number])[] = [
  ["FIN", 0],
  ["RST", 0],
  ["Restart", 2_000],
];

test("each cut costs nobody a message, and each lane says how long it took to notice and to be back", async () => {
  const visits = CUTS.map(async ([cut, goneMs]) => {
    const page = await race();
    await press(page, cut);
    await send(page);
    for (const transport of ALL) await clean(page, transport, 1);
    for (const transport of STREAMS) {
      const [noticed = Number.NaN, back = Number.NaN] = await times(page, transport);
      expect(noticed, `${cut}, ${transport}`).toBeLessThan(FOUND_OUT_MS);
      // Times are shown in tenths of a second, so the three may be the same tenth.
      expect(back, `${cut}, ${transport}`).toBeGreaterThanOrEqual(Math.max(noticed, goneMs));
    }
  });
  await Promise.all(visits);
});

test("after silence a stream is found out by its heartbeat, and a naive one never", async () => {
  const page = await race();
  const [naive = "", careful = ""] = STREAMS;
  await lane(page, naive).getByRole("checkbox").check();
  for (const name of ALL) await lane(page, name).locator('[data-state="live"]').waitFor();
  await press(page, "Silence");
  await send(page);
  await clean(page, careful, 1);
  const [noticed = Number.NaN, back = Number.NaN] = await times(page, careful);
  expect(noticed).toBeGreaterThan(5_000);
  // The first retry may come at once.
  expect(back).toBeGreaterThanOrEqual(noticed);
  await expect.poll(() => count(page, naive, "lost")).toBe(1);
  expect(await lane(page, naive).locator(".trouble").textContent()).toContain("not noticed");
  expect(await lane(page, naive).locator(".lane-state").textContent()).toContain("naive · live");
});

test("weather is chosen by name, described in words, kept in the address, and set by hand", async () => {
  const page = await race();
  const says = page.locator(".weather-says");
  for (const { name, title, description: words } of PRESETS.filter(
    ({ oneShots }) => oneShots === undefined,
  ).toReversed()) {
    await press(page, title);
    await expect.poll(() => says.textContent()).toContain(words);
    expect(await page.locator(`[data-preset="${name}"]`).getAttribute("aria-pressed")).toBe("true");
    if (name !== "calm") await page.waitForURL(new RegExp(`weather=${name}`));
  }
  await page.getByText("By hand", { exact: true }).click();
  await page.getByLabel("delay each way").fill("300");
  await page.getByLabel("delay each way").press("Tab");
  await expect.poll(() => says.textContent()).toContain("Custom weather");
  for (const label of ["bandwidth", "packet size", "cut each connection after about", "stall about every"]) {
    await page.getByRole("checkbox", { name: label, exact: true }).check();
    expect(Number(await page.getByRole("spinbutton", { name: label }).inputValue())).toBeGreaterThan(0);
    await page.getByRole("checkbox", { name: label }).uncheck();
  }
  await send(page);
  const [stream = ""] = STREAMS;
  await clean(page, stream, 1);
  const latency = await lane(page, stream).locator('[data-figure="p50"]').textContent();
  expect(Number(latency?.split(" ")[0])).toBeGreaterThanOrEqual(295);
});
