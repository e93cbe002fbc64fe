import { subscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type RunningServer, type ServerOptions, startServer } from "../../../src/server/server.ts";
import { PATIENCE_MS } from "../../support/wait.ts";
import { launchChromium } from "./chromium.ts";
import { type BuiltPage, buildPage } from "./page.ts";

export interface PersonOptions extends BrowserContextOptions {
  readonly room?: string;
  /** The transport to read by; default `auto`. */
  readonly transport?: string;
}

/** A server with the page, and a browser. Both end with the test file. */
export interface Stage {
  readonly server: RunningServer;
  readonly browser: Browser;
  /** The server's origin, without a trailing slash. */
  readonly origin: string;
  /** Opens the join screen of `room` in a new browser profile. */
  visitor(options?: PersonOptions): Promise<Page>;
  /** Opens a new profile and joins as `name`. */
  person(name: string, options?: PersonOptions): Promise<Page>;
  /** Stops the server and starts another one on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /**
   * Ends every connection to the server until `page` has noticed, as a lost network would. An offline browser keeps its
   * open connections, and retries by itself once if one ends that it has used before.
   */
  cut(page: Page): Promise<void>;
}

const sockets = new Set<Socket>();
subscribe("net.server.socket", (message) => {
  if (typeof message !== "object" || message === null || !("socket" in message)) return;
  const { socket } = message;
  if (!(socket instanceof Socket)) return;
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
});

/** Builds the page and starts server and browser for a test file. An error on a page fails the test. */
export function useStage(options: ServerOptions = {}): Stage {
  let server: RunningServer | undefined;
  let browser: Browser | undefined;
  let port = 0;
  let built: BuiltPage | undefined;
  const contexts: BrowserContext[] = [];
  const faults: string[] = [];

  async function start(): Promise<void> {
    server = await startServer({ rateLimit: false, pageRoot: built?.root ?? null, port, ...options });
    port = Number(server.url.port);
  }

  beforeAll(async () => {
    built = await buildPage();
    browser = await launchChromium();
    await start();
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

  const stage: Stage = {
    get server() {
      if (server === undefined) throw new Error("The stage has no server yet. Use it inside a test.");
      return server;
    },
    get browser() {
      if (browser === undefined) throw new Error("The stage has no browser yet. Use it inside a test.");
      return browser;
    },
    get origin() {
      return stage.server.url.origin;
    },
    async visitor({ room, transport, ...contextOptions }: PersonOptions = {}) {
      const context = await stage.browser.newContext(contextOptions);
      contexts.push(context);
      // Shorter than the test's own limit, so that the failure names its step.
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      page.on("pageerror", (error) => faults.push(String(error)));
      page.on("console", (message) => {
        if (message.text().includes("Content Security Policy")) faults.push(message.text());
      });
      if (transport !== undefined) {
        await page.addInitScript((name) => {
          if (localStorage.getItem("skyrocket:transport") === null) localStorage.setItem("skyrocket:transport", name);
        }, transport);
      }
      await page.goto(`${stage.origin}/${room === undefined ? "" : `?room=${room}`}`);
      return page;
    },
    async person(name, personOptions) {
      const page = await stage.visitor(personOptions);
      await page.getByLabel("Your name").fill(name);
      await page.getByRole("button", { name: "Join" }).click();
      await live(page);
      return page;
    },
    restart: async () => {
      await server?.close();
      await start();
    },
    stop: async () => {
      await server?.close();
    },
    cut: async (page) => {
      const noticed = (): Promise<number> => {
        for (const socket of sockets) socket.destroy();
        return page.locator(".status.bad").count();
      };
      await expect.poll(noticed).toBe(1);
    },
  };
  return stage;
}

/** Waits until the page says that it is live. */
export async function live(page: Page): Promise<void> {
  await page.locator(".status.good").waitFor();
}
