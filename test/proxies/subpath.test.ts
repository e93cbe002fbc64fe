import { expect, test } from "vitest";
import { startServer } from "../../src/server/server.ts";
import { launchChromium } from "../browser/support/chromium.ts";
import { buildPage } from "../browser/support/page.ts";
import { LAB } from "../support/lab.ts";
import { describeWith } from "./support/needs.ts";
import { freePort } from "./support/ports.ts";
import { nginx } from "./support/programs.ts";
import { RunningProxy } from "./support/running-proxy.ts";
import { substitute } from "./support/substitute.ts";

/** What docs/proxies.md says to change in nginx.conf. */
const UNDER_CHAT = {
  "location / {": "location /chat/ {",
  "proxy_pass http://skyrocket;": "proxy_pass http://skyrocket/;",
};

describeWith("nginx, with the room under /chat/", [nginx.tool], () => {
  test("the page, its requests and every transport stay below a subpath", async () => {
    const built = await buildPage();
    const port = await freePort();
    const upstream = new URL(`http://127.0.0.1:${port}`);
    await using proxy = await RunningProxy.start(nginx, upstream, substitute(nginx.recommended, UNDER_CHAT));
    const { host, origin } = proxy.url;
    const server = await startServer({
      port,
      pageRoot: built.root,
      origins: [origin],
      rateLimit: false,
      lab: LAB,
    });
    const browser = await launchChromium();
    try {
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      page.on("websocket", (socket) => asked.push(socket.url()));
      // Without its slash nginx redirects: relative addresses need it.
      await page.goto(`${origin}/chat?room=den`);
      expect(await page.getByRole("link", { name: "Laboratory" }).getAttribute("href")).toBe("./lab");
      await page.getByLabel("Your name").fill("Ada");
      await page.getByRole("button", { name: "Join" }).click();
      await page.locator(".status.good").waitFor();
      for (const name of ["sse", "long-polling", "short-polling", "websocket"]) {
        await page.locator(`[data-transport="${name}"]`).click();
        await page.locator(`[data-transport="${name}"][aria-checked="true"]`).waitFor();
        await page.getByRole("textbox").fill(`over ${name}`);
        await page.getByRole("textbox").press("Enter");
        await page.locator(".message:not(.sending, .sent) .text", { hasText: `over ${name}` }).waitFor();
      }
      await page.reload();
      await page.locator(".text", { hasText: "over websocket" }).waitFor();
      expect(page.url()).toBe(`${origin}/chat/?room=den`);
      const below = [`https://${host}/chat/`, `wss://${host}/chat/`, `${origin}/chat?room=den`];
      expect(asked.filter((url) => !below.some((start) => url.startsWith(start)))).toEqual([]);
      expect(asked.some((url) => url.endsWith("/chat/page.json"))).toBe(true);
      expect(asked.some((url) => url.startsWith("wss:"))).toBe(true);
    } finally {
      await browser.close();
      await server.close();
      built.remove();
    }
  });
});
