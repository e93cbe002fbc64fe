import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RunningServer, type ServerOptions, startServer } from "../../src/server/server.ts";
import { launchChromium } from "../browser/support/chromium.ts";
import { Api } from "../support/api.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom, say } from "../support/ids.ts";
import { trustedCertificate } from "../support/tls.ts";
import { until } from "../support/wait.ts";

/** The most HTTP/1.1 connections that Chromium opens to one origin. */
const WALL = 6;
const OVER_THE_WALL = 12;

const folder = new Folder();
const files = trustedCertificate(folder);
let browser: Browser;
let server: RunningServer;
let api: Api;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  folder[Symbol.dispose]();
});
afterEach(() => server.close());

async function start(options: ServerOptions): Promise<void> {
  server = await startServer({ rateLimit: false, ...options });
  api = new Api(server.url);
}

/** A page of the server's origin, which holds nothing but what a test opens in it. */
async function openPage(): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(new URL("/healthz", server.url).href);
  return page;
}

/** Opens streams in the page, each a session's own; they are kept in `window.streams`, with what came on each. */
async function openStreams(page: Page, room: string, count: number): Promise<void> {
  const sessions = await Promise.all(Array.from({ length: count }, (_, n) => api.openSession(room, `reader ${n}`)));
  const paths = sessions.map(({ session, cursor }) => `/transports/sse?after=${cursor}&session=${session}`);
  await page.evaluate((all) => {
    const streams = all.map((path) => {
      const source = new EventSource(path);
      const stream = { source, texts: [] as string[] };
      source.onmessage = ({ data }) => {
        const event = JSON.parse(data);
        if (event.type === "message") stream.texts.push(event.text);
      };
      return stream;
    });
    Object.assign(globalThis, { streams });
  }, paths);
}

/** How many streams have had this text. */
function heard(page: Page, text: string): Promise<number> {
  return page.evaluate((wanted) => {
    const streams: { texts: string[] }[] = Reflect.get(globalThis, "streams");
    return streams.filter(({ texts }) => texts.includes(wanted)).length;
  }, text);
}

function closeFirstOpen(page: Page): Promise<void> {
  return page.evaluate(() => {
    const streams: { source: EventSource }[] = Reflect.get(globalThis, "streams");
    streams.find(({ source }) => source.readyState === EventSource.OPEN)?.source.close();
  });
}

describe("in the clear", () => {
  beforeEach(() => start({}));

  test("the seventh stream of a browser waits until one of the six has ended", async () => {
    const page = await openPage();
    const room = freshRoom();
    await openStreams(page, room, WALL + 1);
    const { session } = await api.openSession(room, "publisher");
    await api.execute(session, say("first"));
    await until("the six to hear it", async () => (await heard(page, "first")) === WALL);
    await api.execute(session, say("second"));
    await until("the six to hear that too", async () => (await heard(page, "second")) === WALL);
    expect(await heard(page, "first")).toBe(WALL);
    await closeFirstOpen(page);
    await until("the seventh to hear both", async () => (await heard(page, "first")) === WALL + 1);
    await page.context().close();
  });
});

describe("by HTTP/2", () => {
  beforeEach(() => start({ tls: files }));

  test("a browser has any number of streams on one connection, and its other requests are still answered", async () => {
    const page = await openPage();
    const room = freshRoom();
    await openStreams(page, room, OVER_THE_WALL);
    const { session } = await api.openSession(room, "publisher");
    await api.execute(session, say("first"));
    await until("all to hear it", async () => (await heard(page, "first")) === OVER_THE_WALL);
    const asked = await page.evaluate(async () => {
      const answer = await fetch("/healthz", { cache: "no-store" });
      const protocols = performance
        .getEntriesByType("navigation")
        .map((entry) => Reflect.get(entry, "nextHopProtocol"));
      return { status: answer.status, protocols };
    });
    expect(asked.status).toBe(200);
    expect(new Set(asked.protocols)).toEqual(new Set(["h2"]));
    await page.context().close();
  });

  test("a WebSocket of the same page goes to the same port by HTTP/1.1", async () => {
    const page = await openPage();
    const { session } = await api.openSession(freshRoom());
    const first = await page.evaluate(
      (path) =>
        new Promise<string>((resolve, reject) => {
          const socket = new WebSocket(path, "skyrocket.v1");
          socket.onmessage = ({ data }) => resolve(JSON.parse(String(data)).type);
          socket.onerror = () => reject(new Error("the upgrade failed"));
        }),
      `/transports/websocket?session=${session}`,
    );
    expect(first).toBe("live");
    await page.context().close();
  });
});
