import { once } from "node:events";
import { request as ask, createServer } from "node:http";
import { connect } from "node:net";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { LAB } from "../support/lab.ts";
import { violations } from "./support/axe.ts";
import { launchChromium } from "./support/chromium.ts";
import { type BuiltPage, buildPage } from "./support/page.ts";
import { eventually } from "./support/room.ts";

/** A name of this machine as a phone on the same network would use it: plain HTTP is not a secure context there. */
const NAME = "teacher.lan";
const ELSEWHERE = "The lab runs on the server's own machine; replays work here.";

let built: BuiltPage;
let browser: Browser;
let server: RunningServer;
let proxy: ReturnType<typeof createServer>;
let proxyPort = 0;

beforeAll(async () => {
  built = await buildPage();
  browser = await launchChromium([NAME]);
  const port = await freePort();
  proxy = subPathProxy(() => server.url);
  proxyPort = await listen(proxy);
  server = await startServer({
    port,
    rateLimit: false,
    pageRoot: built.root,
    lab: LAB,
    origins: [`http://${NAME}:${port}`, `http://127.0.0.1:${proxyPort}`, `http://${NAME}:${proxyPort}`],
  });
});
afterAll(async () => {
  await browser.close();
  proxy.closeAllConnections();
  proxy.close();
  await server.close();
  built.remove();
});

async function listen(listener: ReturnType<typeof createServer>): Promise<number> {
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("The listener has no port.");
  return address.port;
}

async function freePort(): Promise<number> {
  const taken = createServer();
  const port = await listen(taken);
  taken.close();
  await once(taken, "close");
  return port;
}

/** A proxy that serves the server under `/chat/`, and takes that from each address it passes on. */
function subPathProxy(target: () => URL): ReturnType<typeof createServer> {
  const inner = (path = "/"): string | null => (path.startsWith("/chat/") ? path.slice("/chat".length) : null);
  const front = createServer((request, response) => {
    const path = inner(request.url);
    if (path === null) {
      response.writeHead(404).end("outside of the prefix");
      return;
    }
    const { hostname, port } = target();
    const onward = ask({ hostname, port, path, method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  front.on("upgrade", (request, near, head) => {
    const path = inner(request.url);
    if (path === null) {
      near.destroy();
      return;
    }
    const far = connect(Number(target().port), target().hostname);
    const lines = [`GET ${path} HTTP/1.1`];
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
    }
    far.write(`${lines.join("\r\n")}\r\n\r\n`);
    far.write(head);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      socket.on("error", () => {
        near.destroy();
        far.destroy();
      });
    }
  });
  return front;
}

/** A page, and what went wrong on it: errors of script, and answers outside of what is there. */
async function open(url: string, options: BrowserContextOptions = {}): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  onTestFinished(() => context.close());
  // Less than a test has, so that the step that fails is named.
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("response", (answer) => {
    if (answer.status() >= 400) faults.push(`${answer.status()} ${answer.url()}`);
  });
  await page.goto(url);
  return { page, faults };
}

async function race(page: Page): Promise<void> {
  await eventually(() => page.locator('.lane [data-state="live"]').count()).toBe(4);
  await page.getByRole("button", { name: "Send one" }).click();
  await eventually(() => page.locator("[data-arrival]").textContent()).toMatch(/^m1: (.+ [\d.]+ m?s(, )?){4}$/);
}

async function measure(page: Page): Promise<void> {
  await page.getByRole("spinbutton", { name: "Duration" }).fill("1");
  await page.getByRole("button", { name: "Measure" }).click();
  await page.locator(".bench-results").waitFor();
}

async function replay(page: Page): Promise<void> {
  await page.locator('[data-run="calm"]').click();
  await page.getByRole("heading", { name: "A calm day" }).waitFor();
  await eventually(() => page.locator(".lane").count()).toBe(4);
}

describe("on a plain-HTTP address of another machine", () => {
  const at = (path: string): string => `http://${NAME}:${server.url.port}${path}`;

  test.each(["/lab", "/lab/wire"])(
    "%s says that the lab runs on the server's own machine, and leads to replays",
    async (path) => {
      const { page, faults } = await open(at(path));
      expect(await page.evaluate(() => [isSecureContext, "randomUUID" in crypto])).toEqual([false, false]);
      await page.getByRole("heading", { name: ELSEWHERE }).waitFor();
      expect(await violations(page)).toEqual([]);
      await page.getByRole("link", { name: "Replay a run" }).click();
      await replay(page);
      expect(faults).toEqual([]);
    },
  );

  test("the bench measures, since it needs no lane", async () => {
    const { page, faults } = await open(at("/lab/bench?transports=websocket&rate=20"));
    await measure(page);
    expect(faults).toEqual([]);
  });

  test("a command that can't be copied without a clipboard says so", async () => {
    const { page, faults } = await open(at("/lab/replay?run=calm&at=3000&view=wire"));
    await page.locator(".wire-item").first().click();
    await page
      .getByRole("button", { name: /^Copy: / })
      .first()
      .click();
    await page.getByText("Not copied: select it and copy it by hand").waitFor();
    expect(faults).toEqual([]);
  });
});

describe("under a proxy's sub-path", () => {
  const at = (path: string, name = "127.0.0.1"): string => `http://${name}:${proxyPort}/chat${path}`;

  test("every part of the lab works, and no address leaves the prefix", async () => {
    const { page, faults } = await open(at("/lab"));
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await race(page);
    await page.getByRole("link", { name: "Wire", exact: true }).click();
    expect(new URL(page.url()).pathname).toBe("/chat/lab/wire");
    await page.locator(".wire-row").first().waitFor();
    await page.getByRole("link", { name: "Bench", exact: true }).click();
    await measure(page);
    await page.getByRole("link", { name: "Replay", exact: true }).click();
    await replay(page);
    const outside = asked.filter(
      (url) => new URL(url).port === String(proxyPort) && !new URL(url).pathname.startsWith("/chat/"),
    );
    expect(outside).toEqual([]);
    expect(await page.getByRole("link", { name: "Room", exact: true }).getAttribute("href")).toBe(at("/"));
    expect(faults).toEqual([]);
  });

  test.each(["/lab", "/lab/", "/lab/wire", "/lab/bench", "/lab/replay"])(
    "%s can be loaded by its address",
    async (path) => {
      const { page, faults } = await open(at(path));
      await page.getByRole("navigation", { name: "Laboratory" }).waitFor();
      await page.locator("main").waitFor();
      expect(faults).toEqual([]);
    },
  );

  test("a visitor on another machine is told so, and replays work", async () => {
    const { page, faults } = await open(at("/lab", NAME));
    await page.getByRole("heading", { name: ELSEWHERE }).waitFor();
    await page.getByRole("link", { name: "Replay", exact: true }).click();
    await replay(page);
    expect(faults).toEqual([]);
  });
});

describe("in a browser that lacks what is new", () => {
  test("a message is raced where the newest of the language is missing", async () => {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    await page.addInitScript(() => {
      const remove = (owner: object, ...names: readonly string[]): void => {
        for (const name of names) Reflect.deleteProperty(owner, name);
      };
      remove(Promise, "try", "withResolvers");
      remove(AbortSignal, "any");
      remove(String.prototype, "isWellFormed");
      remove(Array, "fromAsync");
      remove(Map, "groupBy");
      remove(Object, "groupBy");
      remove(URL, "parse");
      remove(RegExp, "escape");
      remove(Error, "isError");
      remove(Math, "sumPrecise", "f16round");
      remove(Uint8Array, "fromBase64", "fromHex");
      remove(Uint8Array.prototype, "toBase64", "toHex", "setFromBase64", "setFromHex");
      remove(
        Set.prototype,
        ...[
          "union",
          "intersection",
          "difference",
          "symmetricDifference",
          "isSubsetOf",
          "isSupersetOf",
          "isDisjointFrom",
        ],
      );
      const iterator = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
      remove(
        iterator,
        ...["map", "filter", "take", "drop", "flatMap", "reduce", "toArray", "forEach", "some", "every", "find"],
      );
      remove(globalThis, "Iterator", "Temporal");
    });
    await page.goto(new URL("/lab", server.url).href);
    await race(page);
    await page.getByRole("link", { name: "Wire", exact: true }).click();
    await page.locator(".wire-row").first().waitFor();
    expect(faults).toEqual([]);
  });

  test.each(["C", "en-US@posix"])(
    "the bench draws its picture where the browser's language is %s",
    async (language) => {
      const context = await browser.newContext();
      onTestFinished(() => context.close());
      const page = await context.newPage();
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(String(error)));
      await page.addInitScript((tag) => {
        Object.defineProperty(Navigator.prototype, "language", { get: () => tag, configurable: true });
      }, language);
      await page.goto(new URL("/lab/bench?transports=websocket&rate=20", server.url).href);
      await measure(page);
      await page.locator(".bench-results .bench-plot canvas").waitFor();
      await page.getByRole("button", { name: "Save as PNG" }).waitFor();
      expect(await page.evaluate(() => navigator.language)).toBe(language);
      expect(faults).toEqual([]);
    },
  );

  test("no picture is offered to be saved where none can be drawn", async () => {
    const { page } = await open("about:blank");
    await page.addInitScript(() => {
      HTMLCanvasElement.prototype.getContext = () => null;
    });
    await page.goto(new URL("/lab/bench?transports=websocket&rate=20", server.url).href);
    await measure(page);
    await page.getByText("The picture can't be drawn in this browser").waitFor();
    expect(await page.getByRole("button", { name: "Save as PNG" }).count()).toBe(0);
    await page.getByRole("button", { name: "Save as CSV" }).waitFor();
  });
});

describe("what is chosen can be told", () => {
  test("with the system's own colors: the part, the pressed buttons, and bars with a ground", async () => {
    const { page } = await open(new URL("/lab", server.url).href, { forcedColors: "active" });
    await race(page);
    const borders = await page
      .locator(".lab-nav a")
      .evaluateAll((links) =>
        links.map((link) => [link.hasAttribute("aria-current"), getComputedStyle(link).borderBottomColor]),
      );
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const current = borders.find(([is]) => is)?.[1];
    expect(current).not.toBe(ground);
    for (const [is, border] of borders) if (is !== true) expect(border).toBe(ground);
    const [pressed, other] = await page.evaluate(() => {
      const color = (selector: string): string => {
        const element = document.querySelector(selector);
        return element === null ? "" : getComputedStyle(element).backgroundColor;
      };
      return [color('.quiet-button[aria-pressed="true"]'), color('.quiet-button[aria-pressed="false"]')];
    });
    expect(pressed).not.toBe(other);
    const bars = await page
      .locator(".bytes-payload")
      .evaluateAll((all) => all.map((bar) => getComputedStyle(bar).backgroundColor));
    for (const bar of bars) expect(bar).not.toBe(ground);
  });

  test("at 320 px no part's name is cut off", async () => {
    const { page } = await open(new URL("/lab", server.url).href, { viewport: { width: 320, height: 640 } });
    await page.getByRole("link", { name: "Replay", exact: true }).waitFor();
    const [last, edge] = await page.evaluate(() => {
      const nav = document.querySelector(".lab-nav");
      return [nav?.lastElementChild?.getBoundingClientRect().right ?? 0, nav?.getBoundingClientRect().right ?? 0];
    });
    expect(last).toBeLessThanOrEqual(edge + 0.5);
  });
});
