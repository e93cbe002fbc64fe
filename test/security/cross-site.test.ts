import { createServer, type Server } from "node:http";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { useStage } from "../browser/support/stage.ts";
import { Api } from "../support/api.ts";
import { freshRoom, say } from "../support/ids.ts";

const stage = useStage();
const TEXT = "a text of this room";
let evil: Server;

beforeAll(async () => {
  evil = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<!doctype html><title>another site</title>");
  });
  await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  evil.close();
});

/** A page of another origin. `localhost` is another site to a browser, `127.0.0.1` the same site and another origin. */
async function stranger(name: "localhost" | "127.0.0.1"): Promise<Page> {
  const address = evil.address();
  if (address === null || typeof address === "string") throw new Error("the other site has no port");
  const context = await stage.browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(`http://${name}:${address.port}/`);
  return page;
}

/** What became of a WebSocket: the first message, or the code of its end. */
function tryWebSocket(page: Page, url: string): Promise<string> {
  return page.evaluate(
    (address) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(address);
        socket.onmessage = () => resolve("it got a message");
        socket.onopen = () => resolve("it was let in");
        socket.onclose = ({ code }) => resolve(`closed ${code}`);
      }),
    url,
  );
}

function tryEventSource(page: Page, url: string): Promise<string> {
  return page.evaluate(
    (address) =>
      new Promise<string>((resolve) => {
        const source = new EventSource(address);
        source.onmessage = () => resolve("it got a message");
        source.addEventListener("live", () => resolve("it got a message"));
        source.onerror = () => {
          if (source.readyState === EventSource.CLOSED) resolve("refused");
        };
      }),
    url,
  );
}

interface Sent {
  readonly method?: string;
  /** How a page sends what it may not read the answer of. */
  readonly mode?: "no-cors";
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** What a fetch could read. */
function tryFetch(page: Page, url: string, init: Sent = {}): Promise<string> {
  return page.evaluate(
    async ([address, how]) => {
      try {
        const answer = await fetch(address, how);
        return answer.type === "opaque" ? "opaque" : `read ${answer.status}`;
      } catch {
        return "refused";
      }
    },
    [url, init] as const,
  );
}

/** Sends a body as a form of another site can: as plain text, by leaving for the answer. The answer's status. */
async function submitForm(page: Page, url: string, body: string): Promise<number> {
  const answered = page.waitForResponse((response) => response.url() === url);
  await page.evaluate(
    ([action, content]) => {
      const form = document.createElement("form");
      form.method = "post";
      form.enctype = "text/plain";
      form.action = action;
      const field = document.createElement("input");
      const [front = "", back = ""] = content.split(/:(.*)/s);
      field.name = `${front}:`;
      field.value = back;
      form.append(field);
      document.body.append(form);
      form.submit();
    },
    [url, body] as const,
  );
  return (await answered).status();
}

describe.each(["127.0.0.1", "localhost"] as const)(
  "a page of another origin (%s), even with a session it must not have,",
  (name) => {
    test.for(clientTransports.map((transport) => transport.name))("can't read the room by %s", async (transport) => {
      const page = await stranger(name);
      const { session } = await new Api(stage.server.url).openSession(freshRoom(), "victim");
      const url = `${stage.origin}/transports/${transport}?session=${session}&hold=0`;
      expect(await tryFetch(page, url)).toBe("refused");
      expect(await tryEventSource(page, url)).toBe("refused");
      expect(await tryWebSocket(page, url.replace("http:", "ws:"))).toBe("closed 1006");
      expect(stage.server.counts.connections).toBe(0);
    });

    test("can't open a session, nor speak with one, by fetch or by a form", async () => {
      const page = await stranger(name);
      const room = freshRoom();
      const { session } = await new Api(stage.server.url).openSession(room, "victim");
      const join = JSON.stringify({ room, name: "Mallory" });
      const json = { "content-type": "application/json" };
      expect(await tryFetch(page, `${stage.origin}/api/sessions`, { method: "POST", headers: json, body: join })).toBe(
        "refused",
      );
      // What needs no preflight arrives, and is refused there: nobody reads an opaque answer.
      for (const [path, body] of [
        ["/api/sessions", join],
        [`/api/commands?session=${session}`, JSON.stringify(say("said by another site"))],
      ] as const) {
        expect(await tryFetch(page, `${stage.origin}${path}`, { method: "POST", mode: "no-cors", body })).toBe(
          "opaque",
        );
        expect(await submitForm(await stranger(name), `${stage.origin}${path}`, body)).toBe(403);
      }
      const api = new Api(stage.server.url);
      expect(await api.members(session)).toMatchObject({ count: 1 });
      await api.execute(session, say(TEXT));
      const { events } = await api.history(session, (await api.current(session)).cursor, 50);
      expect(events.flatMap((event) => (event.type === "message" ? [event.text] : []))).toEqual([TEXT]);
    });

    test("can't show the page in a frame", async () => {
      const page = await stranger(name);
      const told = page.waitForEvent("console", (message) => /frame-ancestors|X-Frame-Options/.test(message.text()));
      await page.evaluate((address) => {
        const frame = document.createElement("iframe");
        frame.src = address;
        document.body.append(frame);
      }, stage.origin);
      expect((await told).text()).toContain("frame-ancestors");
    });
  },
);

test("the page's own origin can do all that: it is the origin that is refused", async () => {
  const context = await stage.browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(stage.origin);
  const { session } = await new Api(stage.server.url).openSession(freshRoom(), "victim");
  const url = `${stage.origin}/transports/websocket?session=${session}`;
  expect(await tryWebSocket(page, url.replace("http:", "ws:"))).toBe("it was let in");
  expect(await tryEventSource(page, `${stage.origin}/transports/sse?session=${session}`)).toBe("it got a message");
  expect(await tryFetch(page, `${stage.origin}/api/members?session=${session}`)).toBe("read 200");
});
