import { createServer } from "node:http";
import type { Page } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { freshRoom, received, say } from "../browser/support/room.ts";
import { live, useStage } from "../browser/support/stage.ts";
import { Api } from "../support/api.ts";
import { freshId } from "../support/ids.ts";

const stage = useStage();

describe("the page's policy", () => {
  test("allows its own files and nothing written into the page", async () => {
    const context = await stage.browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const answer = await page.goto(stage.origin);
    const policy = answer?.headers()["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'self'");
    for (const directive of ["base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'", "form-action 'self'"]) {
      expect(policy).toContain(directive);
    }
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(answer?.headers()).toMatchObject({ "referrer-policy": "no-referrer", "x-content-type-options": "nosniff" });
    expect(await answer?.text()).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son[a-z]+=|style=/i);
  });

  const added = (tag: string, changes: string): string =>
    `{ const it = document.createElement("${tag}"); ${changes}; document.body.append(it); if ("submit" in it) it.submit(); if ("click" in it) it.click(); }`;

  test.each([
    ["a script element", "script-src-elem", added("script", 'it.textContent = "globalThis.ran = true"')],
    [
      "a handler in markup",
      "script-src-attr",
      added("p", `it.innerHTML = '<img src="" onerror="globalThis.ran = true">'`),
    ],
    ["a javascript: link", "script-src-elem", added("a", 'it.href = "javascript:void(globalThis.ran = true)"')],
    ["a script of another origin", "script-src-elem", added("script", 'it.src = "https://evil.example/x.js"')],
    [
      "a script in a data: address",
      "script-src-elem",
      added("script", 'it.src = "data:text/javascript,globalThis.ran=true"'),
    ],
    ["a frame of another site", "frame-src", added("iframe", 'it.src = "https://evil.example/"')],
    ["a form to another site", "form-action", added("form", 'it.action = "https://evil.example/"')],
    ["a style element", "style-src-elem", added("style", 'it.textContent = "body { display: none }"')],
    ["a request to another site", "connect-src", 'void fetch("https://evil.example/").catch(() => null)'],
    ["code made of text", "script-src", 'setTimeout("globalThis.ran = true")'],
  ])("stops %s", async (_what, directive, injected) => {
    const context = await stage.browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(stage.origin);
    await page.evaluate(() => {
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
        document.body.dataset["violated"] ??= effectiveDirective;
      });
    });
    // The code is a text, so that the browser's debugger runs it: no policy applies to that.
    await page.evaluate(injected);
    await expect.poll(() => page.evaluate(() => document.body.dataset["violated"])).toBe(directive);
    expect(await page.evaluate(() => Reflect.get(globalThis, "ran"))).toBeUndefined();
  });
});

test("markup in names and texts is shown, not obeyed", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const api = new Api(stage.server.url);
  const markup = "<img src=x onerror=alert(1)><script>alert(1)</script>";
  const { session } = await api.openSession(room, "<b onclick=alert(1)>Eve</b>");
  await api.execute(session, { type: "say", id: freshId(), text: markup });
  await received(page, markup);
  expect(await page.locator(".message img, .message script, .message b[onclick]").count()).toBe(0);
});

test("a link out of the room tells the other site neither where it stood nor how to come back", async () => {
  const told: (string | undefined)[] = [];
  const other = createServer((request, response) => {
    if (request.url === "/there") told.push(request.headers.referer);
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<!doctype html><title>elsewhere</title>");
  });
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    other.close();
  });
  const address = other.address();
  if (address === null || typeof address === "string") throw new Error("the other site has no port");
  const page = await stage.person("Ada", { room: freshRoom() });
  await say(page, `see http://127.0.0.1:${address.port}/there`);
  const opened = page.context().waitForEvent("page");
  await page.locator(".message a").click();
  const there = await opened;
  await there.waitForLoadState();
  expect(told).toEqual([undefined]);
  expect(await there.evaluate(() => window.opener)).toBeNull();
});

describe("a private room", () => {
  const KEY = "tea & biscuits + ünï#code";

  async function joinBy(page: Page, name: string, key?: string): Promise<void> {
    await page.getByLabel("Your name").fill(name);
    if (key !== undefined) await page.getByLabel("Room key").fill(key);
    await page.getByRole("button", { name: "Join" }).click();
  }

  test("is made with a key, refuses others in clear words, and opens by its link", async () => {
    const room = freshRoom();
    const ada = await stage.visitor({ room });
    const sent: string[] = [];
    ada.on("request", (request) => sent.push(request.url(), JSON.stringify(request.headers())));
    await ada.getByRole("button", { name: "Use a room key" }).click();
    // Before anything fails.
    await ada.getByText("The first person to join sets the key (8 to 128 characters).").waitFor();
    await joinBy(ada, "Ada", "short");
    await ada.getByText("A room key has 8 to 128 characters; this one has 5.").waitFor();
    await joinBy(ada, "Ada", KEY);
    await live(ada);
    await ada.getByText("Private room").waitFor({ state: "attached" });

    const eve = await stage.visitor({ room });
    await joinBy(eve, "Eve");
    await eve.getByText("This room is private.").waitFor();
    await joinBy(eve, "Eve", "a guess of hers");
    await eve.getByText("This is not the key of this room.").waitFor();

    const bob = await stage.visitor();
    await bob.goto("about:blank");
    await bob.goto(ada.url());
    expect(await bob.getByLabel("Room key").inputValue()).toBe(KEY);
    await joinBy(bob, "Bob");
    await live(bob);
    await say(bob, "made it");
    await received(ada, "made it");
    await bob.reload();
    await live(bob);

    await joinBy(eve, "Eve", KEY);
    await live(eve);
    await ada.reload();
    await live(ada);
    const encoded = encodeURIComponent(KEY);
    expect(sent.length).toBeGreaterThan(6);
    expect(sent.filter((line) => line.includes(KEY) || line.includes(encoded) || line.includes("key="))).toEqual([]);
  });

  test("can't be made of a room that is open to all", async () => {
    const room = freshRoom();
    await stage.person("Ada", { room });
    const bob = await stage.visitor({ room });
    await bob.getByRole("button", { name: "Use a room key" }).click();
    await joinBy(bob, "Bob", KEY);
    await bob.getByText("This room is open to all").waitFor();
    await joinBy(bob, "Bob", "");
    await live(bob);
    expect(await bob.getByText("Private room").count()).toBe(0);
  });

  test("is shared with its key, an open one without any", async () => {
    const room = freshRoom();
    const ada = await stage.visitor({ room, permissions: ["clipboard-read", "clipboard-write"] });
    await ada.getByRole("button", { name: "Use a room key" }).click();
    await joinBy(ada, "Ada", KEY);
    await live(ada);
    await ada.getByRole("button", { name: "Copy the link to this room, with its key" }).click();
    await ada.getByText("Link copied, with the key").waitFor();
    const link = new URL(await ada.evaluate(() => navigator.clipboard.readText()));
    expect(link.search).toBe(`?room=${room}`);
    expect(new URLSearchParams(link.hash.slice(1)).get("key")).toBe(KEY);
  });
});
