import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { buildPage } from "./support/page.ts";
import { eventually, expectTexts, freshRoom, received, say, switchTo } from "./support/room.ts";
import { createSpeaker } from "./support/speaker.ts";
import { live, useStage } from "./support/stage.ts";

const stage = useStage();

/** Removes what the oldest browsers in README.md lack, as far as a script can. */
function beOld(): void {
  const holders: readonly (readonly [holder: object, names: readonly string[]])[] = [
    [URL, ["parse"]],
    [Promise, ["withResolvers", "try"]],
    [Array, ["fromAsync"]],
    [AbortSignal, ["any"]],
    [Map, ["groupBy"]],
    [Object, ["groupBy"]],
    [RegExp, ["escape"]],
    [Math, ["sumPrecise"]],
    [Error, ["isError"]],
    [Intl, ["Segmenter", "DurationFormat"]],
    [String.prototype, ["isWellFormed", "toWellFormed"]],
    [
      Set.prototype,
      ["union", "intersection", "difference", "symmetricDifference", "isSubsetOf", "isSupersetOf", "isDisjointFrom"],
    ],
    [Map.prototype, ["getOrInsert", "getOrInsertComputed"]],
    [Uint8Array.prototype, ["toHex", "toBase64", "setFromHex", "setFromBase64"]],
    [Uint8Array, ["fromHex", "fromBase64"]],
    [ReadableStream, ["from"]],
    [ReadableStream.prototype, [Symbol.asyncIterator, "values"] as unknown as string[]],
    [globalThis, ["Iterator", "scheduler", "CloseWatcher", "navigation"]],
    [
      Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())),
      ["map", "filter", "take", "drop", "flatMap", "reduce", "toArray", "forEach", "some", "every", "find"],
    ],
  ];
  for (const [holder, names] of holders) for (const name of names) Reflect.deleteProperty(holder, name);
}

/** Removes what a page lacks on a plain HTTP address of the local network. */
function beInsecure(): void {
  for (const name of ["locks", "clipboard", "serviceWorker", "credentials", "storage", "wakeLock", "mediaDevices"]) {
    Object.defineProperty(Navigator.prototype, name, { value: undefined });
  }
  Reflect.deleteProperty(Crypto.prototype, "randomUUID");
  Object.defineProperty(Crypto.prototype, "subtle", { value: undefined });
  for (const name of ["Notification", "caches", "cookieStore"]) Reflect.deleteProperty(globalThis, name);
  Object.defineProperty(globalThis, "isSecureContext", { value: false });
}

async function enter(script: () => void, room: string): Promise<Page> {
  const page = await stage.visitor();
  await page.context().addInitScript(script);
  await page.goto(`${stage.origin}/?room=${room}`);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByRole("button", { name: "Join" }).click();
  await live(page);
  return page;
}

test("the room works on every transport in the oldest browsers that the README names", async () => {
  const room = freshRoom();
  const page = await enter(beOld, room);
  expect(await page.evaluate(() => "Segmenter" in Intl)).toBe(false);
  const speaker = await createSpeaker(stage.origin, room, "🇦🇹 Österreich");
  const said: string[] = [];
  for (const transport of ["sse", "long-polling", "short-polling", "websocket"]) {
    await switchTo(page, transport);
    await say(page, `mine over ${transport}, see https://example.org/`);
    await received(page, `mine over ${transport}`);
    await speaker.say(`theirs over ${transport}`);
    await received(page, `theirs over ${transport}`);
    said.push(`mine over ${transport}, see https://example.org/`, `theirs over ${transport}`);
  }
  await expectTexts(page, said);
  expect(await page.locator(".text a").count()).toBe(4);
  await page.reload();
  await live(page);
  await expectTexts(page, said);
});

test("the stylesheets use nothing that those browsers can't parse", async () => {
  const built = await buildPage();
  try {
    const sheets = globSync("{assets,lab/assets}/*.css", { cwd: built.root });
    expect(sheets.length).toBeGreaterThan(1);
    // Each of these would make the browser skip a whole declaration or block.
    for (const sheet of sheets) {
      expect(readFileSync(join(built.root, sheet), "utf8")).not.toMatch(/light-dark\(|@starting-style|@scope/);
    }
  } finally {
    built.remove();
  }
});

test("without a secure context, the back button keeps the member and a copied tab gets another one", async () => {
  const room = freshRoom();
  const page = await enter(beInsecure, room);
  await say(page, "mine");
  await expectTexts(page, ["mine"]);
  const names = page.locator(".people .name bdi");
  await page.goto("about:blank");
  await page.goBack();
  await live(page);
  await expectTexts(page, ["mine"]);
  expect(await names.allTextContents()).toEqual(["Ada"]);
  expect(await page.locator(".who .you").count()).toBe(1);

  const storage = await page.evaluate(() => ({ ...sessionStorage }));
  const copy = await page.context().newPage();
  await copy.addInitScript((kept) => {
    for (const [key, value] of Object.entries(kept)) sessionStorage.setItem(key, String(value));
  }, storage);
  await copy.goto(page.url());
  await live(copy);
  await eventually(() => names.allTextContents()).toEqual(["Ada", "Ada"]);
  expect(await page.locator(".status.good").count()).toBe(1);
});

test("without a secure context, the link to the room can be copied", async () => {
  const page = await enter(beInsecure, freshRoom());
  await page.getByRole("button", { name: "Copy the link to this room" }).click();
  await page.getByText("Link copied").waitFor();
  const field = page.getByRole("textbox", { name: /^Message/ });
  await field.fill("");
  await field.press("ControlOrMeta+v");
  expect(await field.inputValue()).toBe(page.url());
});

test("a line that fails to render says so, and the lines around it stay", async () => {
  const room = freshRoom();
  // Not the stage's page: this one is expected to report an error.
  const context = await stage.browser.newContext();
  const page = await context.newPage();
  await page.goto(`${stage.origin}/?room=${room}`);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByRole("button", { name: "Join" }).click();
  await live(page);
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  await speaker.say("one");
  await received(page, "one");
  await page.evaluate(() => {
    const write = Date.prototype.toISOString;
    Date.prototype.toISOString = function toISOString() {
      Date.prototype.toISOString = write;
      throw new RangeError("broken on purpose");
    };
  });
  await speaker.say("two");
  await page.getByText("This line can't be shown in your browser.").waitFor();
  await speaker.say("three");
  await expectTexts(page, ["one", "three"]);
  await context.close();
});

test("a page whose script doesn't load says what to do instead of staying white", async () => {
  const page = await stage.visitor();
  await page.route("**/assets/**", (route) => route.abort());
  await page.reload();
  await page.getByText("The page did not start.").waitFor();
});
