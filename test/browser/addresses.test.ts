import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { readMachine } from "../../src/server/machine.ts";
import { FaultProxy } from "../support/proxy.ts";
import { eventually } from "./support/room.ts";
import { live, useStage } from "./support/stage.ts";

const stage = useStage({ host: "0.0.0.0" });

/** Opens a browser proxy that resolves every name to the server, as the DNS of a local network does for one machine. */
async function nameService(): Promise<string> {
  const server = createServer((incoming, response) => {
    const { pathname, search } = new URL(incoming.url ?? "");
    const { method, headers } = incoming;
    const sent = request(
      { host: "127.0.0.1", port: stage.server.url.port, path: pathname + search, method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    sent.on("error", () => response.destroy());
    response.on("close", () => sent.destroy());
    incoming.pipe(sent);
  });
  server.on("connect", (_request, socket) => {
    const upstream = connect(Number(stage.server.url.port), "127.0.0.1");
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    socket.on("error", () => upstream.destroy());
    upstream.on("error", () => socket.destroy());
    upstream.pipe(socket).pipe(upstream);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return `http://127.0.0.1:${address.port}`;
}

async function joinAt(url: URL, proxy?: string): Promise<Page> {
  const page = await stage.visitor(proxy === undefined ? {} : { proxy: { server: proxy } });
  await page.goto(url.href);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByRole("button", { name: "Join" }).click();
  return page;
}

const localNames = readMachine().names.filter((name) => name.endsWith(".local") || name.endsWith(".lan"));

test("the page opens on every address of the machine, and its reader is live", async () => {
  const { port } = stage.server.url;
  for (const url of [stage.server.url, new URL(`http://127.0.0.1:${port}/`), ...stage.server.networkUrls]) {
    await live(await joinAt(url));
  }
});

test("the page opens behind a forwarded port, and its reader is live", async () => {
  await using forwarded = await FaultProxy.open(stage.server.url);
  expect(forwarded.url.port).not.toBe(stage.server.url.port);
  await live(await joinAt(forwarded.url));
});

test.skipIf(localNames.length === 0)(
  "the page opens by the machine's local names, and its reader is live",
  async () => {
    const proxy = await nameService();
    for (const name of localNames) await live(await joinAt(new URL(`http://${name}:${stage.server.url.port}/`), proxy));
  },
);

test("the page that is opened by a foreign name says which option to add", async () => {
  const page = await joinAt(new URL(`http://elsewhere.example:${stage.server.url.port}/`), await nameService());
  await eventually(() => page.locator("body").innerText()).toContain(
    `--origins http://elsewhere.example:${stage.server.url.port}`,
  );
  expect(await page.locator(".status.good").count()).toBe(0);
});
