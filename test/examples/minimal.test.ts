import { existsSync, readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createServer } from "../../examples/minimal/server.ts";
import { launchChromium } from "../browser/support/chromium.ts";
import { eventually } from "../browser/support/room.ts";

const SERVER = "examples/minimal/server.ts";
const PAGE = ["examples/minimal/page/index.html", "examples/minimal/page/client.js"];

const linesOf = (path: string): number => readFileSync(path, "utf8").trimEnd().split("\n").length;

describe("the minimal example", () => {
  let app: FastifyInstance;
  let address: string;
  let browser: Browser;

  beforeAll(async () => {
    app = createServer();
    address = await app.listen({ port: 0 });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  const say = (text: string): Promise<Response> =>
    fetch(`${address}/say`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "Ada", text }),
    });

  test("a message said by POST or by WebSocket appears in all four lanes, in one order", async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(address);
    const lanes = () =>
      page
        .locator("section")
        .evaluateAll((sections) =>
          sections.map((section) =>
            Array.from(section.querySelectorAll("li"), (item) => item.firstChild?.textContent ?? ""),
          ),
        );
    for (const by of ["post", "websocket"]) {
      await page.getByLabel("Send by").selectOption(by);
      await page.getByLabel("Message").fill(`said by ${by}`);
      await page.getByRole("button", { name: "Send" }).click();
      await eventually(async () => (await lanes()).every((items) => items.at(-1) === `Ada: said by ${by}`)).toBe(true);
    }
    const all = await lanes();
    expect(all).toHaveLength(4);
    for (const lane of all) expect(lane).toEqual(["Ada: said by post", "Ada: said by websocket"]);
    expect(errors).toEqual([]);
    await page.close();
  });

  test("a long poll waits for the next message, and any cursor reads on from its place", async () => {
    await say("one");
    const now: { id: number }[] = await (await fetch(`${address}/polling?after=0`)).json();
    const last = now.at(-1)?.id ?? 0;
    const held = fetch(`${address}/long-polling?after=${last}`);
    await say("two");
    expect(await (await held).json()).toMatchObject([{ id: last + 1, text: "two" }]);
    expect(await (await fetch(`${address}/polling?after=${last - 1}`)).json()).toMatchObject([
      { text: "one" },
      { text: "two" },
    ]);
  });

  test("a message that does not fit is refused by each way in", async () => {
    const long = "x".repeat(1_001);
    expect((await say(long)).status).toBe(400);
    const socket = new WebSocket(address.replace("http", "ws").concat("/websocket"));
    const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
    socket.addEventListener("open", () => socket.send(JSON.stringify({ name: "Ada", text: long })));
    expect(await closed).toBe(1008);
  });

  test("the server has at most 200 lines and the page at most 150", () => {
    expect(linesOf(SERVER)).toBeLessThanOrEqual(200);
    expect(PAGE.map(linesOf).reduce((sum, lines) => sum + lines)).toBeLessThanOrEqual(150);
  });

  test("every file of the real server that the example points to exists", () => {
    const named = readFileSync(SERVER, "utf8").match(/src\/[\w/-]+\.ts/g) ?? [];
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });
});
