import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import type { LabMessage } from "../../lab/engine/control.ts";
import type { Entry } from "../../lab/engine/run.ts";
import { LAB } from "../support/lab.ts";
import { violations } from "./support/axe.ts";
import { eventually } from "./support/room.ts";
import { type PersonOptions, useStage } from "./support/stage.ts";

const stage = useStage({ lab: LAB });

/** High enough for all rows of an exchange: rows out of view are not in the document. */
const TALL = { width: 1920, height: 4000 };
/** The lanes, top to bottom. */
const LANES = ["short-polling", "long-polling", "sse", "websocket"];

/** The page after a message on every lane, and what its control connection was told: the recording as it came over the wire. */
async function recorded(options: PersonOptions = {}): Promise<{ page: Page; entries: readonly Entry[] }> {
  const page = await stage.visitor({ locale: "en-US", viewport: TALL, ...options });
  const entries: Entry[] = [];
  page.on("websocket", (socket) => {
    if (!socket.url().endsWith("/lab/control")) return;
    socket.on("framereceived", ({ payload }) => {
      const telling: LabMessage = JSON.parse(String(payload));
      if (telling.type === "entries") entries.push(...telling.entries);
    });
  });
  await page.goto(`${stage.origin}/lab?from=websocket`);
  const said = (lane: number, direction: string): boolean =>
    entries.some(
      (entry) =>
        entry.kind === "bytes" &&
        entry.lane === lane &&
        entry.direction === direction &&
        Buffer.from(entry.base64, "base64").includes(direction === "up" ? "HTTP/1.1" : '"type":"message"'),
    );
  await eventually(() => LANES.every((_, lane) => said(lane, "up"))).toBe(true);
  await page.getByRole("button", { name: /^Send/ }).first().click();
  await eventually(() => LANES.every((_, lane) => said(lane, "down"))).toBe(true);
  await page.getByRole("link", { name: "Wire" }).click();
  await page.locator(".wire-row").first().waitFor();
  return { page, entries };
}

/** What the recording holds of a connection, one way. */
function bytesOf(entries: readonly Entry[], lane: number, connection: number, direction: string): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) =>
      entry.kind === "bytes" && entry.lane === lane && entry.connection === connection && entry.direction === direction
        ? [Buffer.from(entry.base64, "base64")]
        : [],
    ),
  );
}

interface ShownSide {
  readonly direction: string;
  readonly from: number;
  readonly hex: string;
  readonly text: string;
}

/** Offsets, digits and text of the panel of bytes, as they stand in the document, per direction. */
function shown(page: Page): Promise<ShownSide[]> {
  return page.locator(".wire-hex").evaluate((panel) => {
    const sides: { direction: string; from: number; hex: string; text: string }[] = [];
    for (const row of panel.querySelectorAll(".wire-side, .wire-row")) {
      if (row.className === "wire-side") {
        const direction = (row.textContent ?? "").includes("up, to the server") ? "up" : "down";
        sides.push({ direction, from: -1, hex: "", text: "" });
        continue;
      }
      const side = sides.at(-1);
      if (side === undefined) throw new Error("a row stands under no heading");
      if (side.from < 0) side.from = Number.parseInt(row.querySelector(".wire-offset")?.textContent ?? "", 16);
      side.hex += [...row.querySelectorAll(".wire-digits > span")].map((cell) => cell.textContent).join("");
      side.text += row.querySelector(".wire-text")?.textContent ?? "";
    }
    return sides.map((side) => ({ ...side, hex: side.hex.replaceAll(" ", "") }));
  });
}

/** Entries of the list with this title, of one lane. */
function entry(page: Page, lane: string, title: string): Locator {
  return page.locator(`.wire-item:has(.wire-sign .sr:text-is("${lane}"))`).filter({ hasText: title });
}

test("shows, byte for byte, what was recorded of every transport, and saves it, sessions replaced", async () => {
  const { page, entries } = await recorded();
  for (const [lane, title, text] of [
    ["Polling", "GET …/short-polling", "message"],
    ["Long polling", "GET …/long-polling", "message"],
    ["SSE", "GET …/sse", ""],
    ["SSE", "event message", ""],
    ["WebSocket", "GET …/websocket", ""],
    ["WebSocket", "↑ up text frame", "say"],
    ["WebSocket", "↓ down text frame", "message"],
  ] as const) {
    await entry(page, lane, title).filter({ hasText: text }).last().click();
    const place = /connection #(\d+)/.exec((await page.locator(".wire-head").textContent()) ?? "");
    const number = ["Polling", "Long polling", "SSE", "WebSocket"].indexOf(lane);
    const sides = await shown(page);
    expect(sides.length).toBeGreaterThan(0);
    for (const { direction, from, hex, text: dots } of sides) {
      const bytes = bytesOf(entries, number, Number(place?.[1]), direction).subarray(from, from + hex.length / 2);
      expect(hex).toBe(bytes.toString("hex"));
      expect(dots).toBe(bytes.toString("latin1").replace(/[^\x20-\x7e]/g, "·"));
    }
  }

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save this run" }).click(),
  ]);
  const run: { format: string; entries: Entry[] } = JSON.parse(await readFile(await download.path(), "utf8"));
  expect(run.format).toBe("skyrocket-run");
  const all = [0, 1, 2, 3].map((lane) => bytesOf(run.entries, lane, 0, "up").toString("latin1"));
  for (const text of all) expect(text).toContain(" HTTP/1.1\r\n");
  const session = /session=([^& ]{40,})/.exec(bytesOf(entries, 2, 0, "up").toString("latin1"))?.[1];
  expect(session).toBeDefined();
  expect(JSON.stringify(all)).not.toContain(session);
});

test("is gone through by keys, links digits, text, table and explanation, and offers commands that work", async () => {
  const { page } = await recorded();
  const explanation = page.getByRole("complementary", { name: "Explanation" }).getByRole("heading").first();
  expect(await explanation.textContent()).toBe("method");
  await entry(page, "WebSocket", "GET …/websocket").last().click();
  await page.locator(".wire-head").getByRole("heading", { name: "GET /transports/websocket 101" }).waitFor();
  await page.locator(".wire-scroll").focus();
  await page.keyboard.press("ArrowDown");
  await eventually(() => page.locator('.wire-item[aria-selected="true"]').textContent()).not.toContain("…/websocket");
  await page.keyboard.press("ArrowUp");
  await eventually(() => page.locator('.wire-item[aria-selected="true"]').textContent()).toContain("…/websocket");
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  expect(await explanation.textContent()).toBe("space");
  await page.keyboard.press("ArrowRight");
  expect(await explanation.textContent()).toBe("path");
  expect(await page.locator(".wire-text > .chosen").allTextContents()).toEqual(["/transports/", "websocket"]);
  await page.keyboard.press("End");
  expect(await explanation.textContent()).toBe("empty line");
  await page.keyboard.press("Escape");
  expect(await page.locator(".wire-scroll").evaluate((list) => list === document.activeElement)).toBe(true);

  await page.getByText(/^As a table/).click();
  const key = page.getByRole("row").filter({ hasText: "Sec-WebSocket-Accept" });
  await key.last().hover();
  const near = await page.locator(".wire-text > .near").allTextContents();
  const panel = page.getByRole("complementary", { name: "Explanation" });
  await panel
    .getByRole("heading", { name: /sec-websocket-accept/i, level: 3 })
    .first()
    .waitFor();
  const digits = (await page.locator(".wire-digits > .near").allTextContents()).join("").replaceAll(" ", "");
  expect(Buffer.from(digits, "hex").toString("latin1").replaceAll("\r\n", "··")).toBe(near.join(""));
  await page.locator(".wire-digits > span").first().hover();
  await panel.getByRole("heading", { name: "method" }).waitFor();

  const steps = await page
    .getByRole("region", { name: "From Sec-WebSocket-Key to Sec-WebSocket-Accept" })
    .locator("code")
    .allTextContents();
  const command = await page.locator(".wire-command pre").first().textContent();
  const { stdout } = await promisify(execFile)("sh", ["-c", command ?? ""]);
  expect(stdout.trim()).toBe(steps.at(-1));
  expect((await shown(page)).find(({ direction }) => direction === "down")?.text).toContain(stdout.trim());
});

test("the workbench works both ways, and shows what the server makes of a frame", async () => {
  const page = await stage.visitor({ locale: "en-US" });
  await page.goto(`${stage.origin}/lab/wire#workbench`);
  const text = page.getByLabel("Payload as text");
  const hex = page.getByLabel("Bytes", { exact: true });
  const key = page.getByLabel("masking key");
  const redraw = () => page.getByRole("checkbox", { name: "FIN" }).dispatchEvent("click");
  await key.fill("37 fa");
  await redraw();
  expect(await key.inputValue()).toBe("37 fa");
  await key.fill("37 fa 21 3d");
  await redraw();
  await key.press("Tab");
  await text.fill("Hello");
  expect(await hex.inputValue()).toBe("81 85 37 fa 21 3d 7f 9f 4d 51 58");
  await page.getByRole("checkbox", { name: "MASK" }).uncheck();
  expect(await hex.inputValue()).toBe("81 05 48 65 6c 6c 6f");
  await hex.fill("89 02 68 69");
  expect(await text.inputValue()).toBe("hi");
  expect(await page.getByLabel("opcode").inputValue()).toBe("9");
  await hex.fill("89 0");
  await page.getByText("Two digits from 0 to f per byte.").waitFor();
  await page.getByRole("button", { name: "65,536" }).click();
  await page.getByText("10 bytes of head, 65,536 of payload.").waitFor();

  const came = page.getByRole("list", { name: "What the connection carried" });
  await page.getByRole("button", { name: "say Hello" }).click();
  await page.getByRole("button", { name: "Send it to the server" }).click();
  await came.getByText("text frame · ok").waitFor();
  await page.getByRole("button", { name: "no mask" }).click();
  await page.getByRole("button", { name: "Send it to the server" }).click();
  await came.getByRole("listitem").filter({ hasText: "down close frame" }).getByRole("button").click();
  await page.getByText(/^As a table/).click();
  await page.getByRole("rowheader", { name: "close code 1002" }).waitFor();
});

test("what is listed and chosen is in the address, and an address opens it", async () => {
  const { page } = await recorded();
  const list = page.getByRole("search", { name: "Filters" });
  await list.getByRole("button", { name: "WebSocket" }).click();
  await list.getByLabel("Kind").selectOption("frame");
  await list.getByLabel("Search in titles and bytes").fill("message");
  await entry(page, "WebSocket", "text frame").last().click();
  await eventually(() => new URL(page.url()).search).toBe("?lane=3&kind=frame&find=message");
  await eventually(() => new URL(page.url()).hash).toMatch(/^#lane=3&connection=\d+&down=\d+$/);

  const other = await stage.visitor({ locale: "en-US" });
  await other.goto(`${stage.origin}/lab/wire?lane=3&kind=exchange#lane=3&connection=0&up=5`);
  await eventually(() => other.locator(".wire-item").count()).toBeGreaterThan(2);
  expect(await other.locator(".wire-item .wire-sign").allTextContents()).not.toContain("SSE");
  await other.locator(".wire-text > .chosen").first().waitFor();
  expect(await other.locator(".wire-head").textContent()).toContain("connection #0");
  await eventually(() => new URL(other.url()).hash).toBe("#lane=3&connection=0&up=5");
});

test("on a phone the panels are one column, and what is chosen comes into view", async () => {
  const { page } = await recorded({ viewport: { width: 360, height: 740 } });
  await entry(page, "SSE", "event").first().click();
  const top = (): Promise<number> => page.locator(".wire-bytes").evaluate((panel) => panel.getBoundingClientRect().top);
  await eventually(top).toBeLessThan(200);
  expect(await page.locator(".wire-row").first().locator(".wire-digits").textContent()).toMatch(/^[0-9a-f ]{1,23}$/);
  await page.getByRole("button", { name: "Back to the list" }).click();
  await eventually(top).toBeGreaterThan(300);
  for (const tab of ["Recorded", "Frame workbench"]) {
    await page.getByRole("button", { name: tab }).click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  }
});

test("axe finds nothing, in the light, the dark and the projector theme", async () => {
  const { page } = await recorded({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
  const inAllThemes = async (): Promise<void> => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect([colorScheme, await violations(page)]).toEqual([colorScheme, []]);
    }
    await page.getByRole("button", { name: "Projector" }).click();
    expect(["projector", await violations(page)]).toEqual(["projector", []]);
    await page.getByRole("button", { name: "Projector" }).click();
  };
  await entry(page, "WebSocket", "GET …/websocket").last().click();
  await page.getByText(/^As a table/).click();
  await inAllThemes();
  await page.getByRole("button", { name: "Frame workbench" }).click();
  await page.getByRole("button", { name: "say Hello" }).click();
  await page.getByRole("button", { name: "Send it to the server" }).click();
  await page.getByText("text frame · ok").waitFor();
  await inAllThemes();
});
