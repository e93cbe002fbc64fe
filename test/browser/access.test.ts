import { expect, test } from "vitest";
import { violations } from "./support/axe.ts";
import { composer, eventually, expectTexts, freshRoom, received, say } from "./support/room.ts";
import { createSpeaker } from "./support/speaker.ts";
import { live, type PersonOptions, useStage } from "./support/stage.ts";

const stage = useStage();

const LOOKS: Readonly<Record<string, PersonOptions>> = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  "phone, light": { colorScheme: "light", viewport: { width: 360, height: 740 } },
  "phone, dark": { colorScheme: "dark", viewport: { width: 360, height: 740 } },
  "200 % zoom": { colorScheme: "light", viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
};

test.for(Object.keys(LOOKS))("axe finds no fault in the room: %s", async (look) => {
  const options = { ...LOOKS[look], room: freshRoom() };
  const page = await stage.visitor(options);
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByRole("alert").waitFor();
  expect(await violations(page)).toEqual([]);

  await page.getByLabel("Your name").fill("Ada");
  await page.getByRole("button", { name: "Join" }).click();
  await live(page);
  await page.getByText("No messages yet.").waitFor();
  expect(await violations(page)).toEqual([]);

  const speaker = await createSpeaker(stage.origin, options.room, "Grace");
  await speaker.say("See https://example.org/");
  await say(page, "I did.");
  await received(page, "I did.");
  for (const name of ["sse", "long-polling", "short-polling", "websocket"]) {
    await page.locator(`[data-transport="${name}"]`).click();
    await page.locator(`[data-transport="${name}"][aria-checked="true"]`).waitFor();
    expect(await violations(page)).toEqual([]);
  }
  await page.getByRole("button", { name: "Emoji" }).click();
  await page.getByRole("dialog", { name: "Emoji" }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await composer(page).fill(":ro");
  await page.getByRole("listbox").waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  if (look.startsWith("phone")) {
    await page.getByRole("button", { name: /^\d+ (person|people)$/ }).click();
    await page.getByRole("dialog", { name: "People" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
  }
  await page.context().setOffline(true);
  await stage.cut(page);
  await say(page, "offline");
  expect(await violations(page)).toEqual([]);
});

test("everything works with the keyboard alone", async () => {
  const page = await stage.visitor({ room: freshRoom() });
  const focused = (): Promise<string> =>
    page.evaluate(
      () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "",
    );
  const tabTo = async (label: RegExp): Promise<void> => {
    for (let step = 0; step < 30 && !label.test(await focused()); step += 1) await page.keyboard.press("Tab");
    expect(await focused()).toMatch(label);
  };
  await page.getByLabel("Your name").focus();
  await page.keyboard.type("Ada");
  await page.keyboard.press("Enter");
  await live(page);

  await page.keyboard.press("Tab");
  await tabTo(/^Messages in/);
  await tabTo(/^WebSocket$/);
  await page.keyboard.press("ArrowRight");
  expect(await focused()).toBe("SSE");
  await page.keyboard.press("Space");
  await page.locator('[data-transport="sse"][aria-checked="true"]').waitFor();

  await tabTo(/^Message #/);
  await page.keyboard.type("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two :roc");
  await page.getByRole("option", { name: "rocket" }).waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expectTexts(page, ["one\ntwo 🚀 "]);

  await tabTo(/^Emoji$/);
  await page.keyboard.press("Enter");
  await page.locator('[aria-label="Emoji"] button:focus').waitFor();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  expect(await focused()).toBe("rolling eyes");
  await page.keyboard.press("Escape");
  expect(await focused()).toMatch(/^Message #/);
});

test("the name field has the focus first, the composer after joining, and the room is announced", async () => {
  const room = freshRoom();
  const page = await stage.visitor({ room });
  await page.locator("#join-name:focus").waitFor();
  await page.keyboard.type("Ada");
  await page.keyboard.press("Enter");
  await live(page);
  await page.locator(".composer textarea:focus").waitFor();
  await page
    .getByRole("status")
    .filter({ hasText: `You are in #${room} as Ada. 1 person here.` })
    .waitFor();
  await page.keyboard.type("first words");
  await page.keyboard.press("Enter");
  await expectTexts(page, ["first words"]);
});

test("on a touch screen no field takes the focus, and after joining the room's name has it", async () => {
  const page = await stage.visitor({ room: freshRoom(), hasTouch: true, isMobile: true });
  expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByRole("button", { name: "Join" }).tap();
  await live(page);
  await page.locator("h1:focus").waitFor();
});

test("forced colors show which control is chosen", async () => {
  const page = await stage.person("Ada", { room: freshRoom(), transport: "sse", forcedColors: "active" });
  const ground = (selector: string): Promise<string> =>
    page.locator(selector).evaluate((element) => getComputedStyle(element).backgroundColor);
  const chosen = await ground('[data-transport="sse"]');
  for (const other of ["websocket", "long-polling", "short-polling"]) {
    expect(await ground(`[data-transport="${other}"]`)).not.toBe(chosen);
  }
  expect(await ground(".auto")).not.toBe(chosen);
  await page.locator(".auto").click();
  await eventually(() => ground(".auto")).toBe(chosen);
  await composer(page).fill(":ro");
  await page.getByRole("listbox").waitFor();
  const options = await page
    .getByRole("option")
    .evaluateAll((all) => all.map((option) => getComputedStyle(option).backgroundColor));
  expect(options.filter((color) => color === chosen)).toHaveLength(1);
});

test("under load a screen reader announces the number of messages instead of each", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  const log = page.getByRole("log");
  await eventually(() => log.getAttribute("aria-live")).toBe("polite");
  await Promise.all(Array.from({ length: 9 }, (_, index) => speaker.say(`number ${index}`)));
  await page.getByRole("status").filter({ hasText: "9 new messages" }).waitFor();
  await eventually(() => log.getAttribute("aria-live")).toBe("polite");
});

test.for([
  { key: "Enter", isComposing: true },
  // Safari ends the composition before it reports the Enter that ended it.
  { key: "Enter", isComposing: false, keyCode: 229 },
])("an Enter that ends an input method's composition doesn't send: %j", async (key) => {
  const page = await stage.person("Ada", { room: freshRoom() });
  await composer(page).fill("にほ");
  await composer(page).dispatchEvent("keydown", key);
  expect(await composer(page).inputValue()).toBe("にほ");
  await composer(page).press("Enter");
  await expectTexts(page, ["にほ"]);
});

test("the counter appears near the limit, and over the limit nothing is sent", async () => {
  const page = await stage.person("Ada", { room: freshRoom() });
  const send = page.getByRole("button", { name: "Send" });
  await composer(page).fill("🚀".repeat(3_599));
  expect(await page.locator(".counter").textContent()).toBe("");
  await composer(page).fill("🚀".repeat(3_990));
  expect(await page.locator(".counter").textContent()).toBe("10 characters left");
  await composer(page).fill("🚀".repeat(4_003));
  expect(await page.locator(".counter").textContent()).toBe("3 characters too many");
  expect(await send.isDisabled()).toBe(true);
  await composer(page).fill("🚀".repeat(4_000));
  await send.click();
  await expectTexts(page, ["🚀".repeat(4_000)]);
});

test.for([320, 390, 700, 1280])("nothing is wider than a window of %i px", async (width) => {
  const page = await stage.visitor({ room: freshRoom(), viewport: { width, height: 640 } });
  const overflow = (): Promise<number> =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(await overflow()).toBe(0);
  await page.getByLabel("Your name").fill("W".repeat(32));
  await page.getByRole("button", { name: "Join" }).click();
  await live(page);
  await say(page, `${"unbroken".repeat(60)} https://example.org/${"long/".repeat(60)}`);
  await received(page, "unbroken");
  expect(await overflow()).toBe(0);
  expect(await page.getByRole("log").evaluate((log) => log.scrollWidth - log.clientWidth)).toBe(0);
});

test.for([320, 360])("in a window of %i px, no word of the transport switch touches its border", async (width) => {
  const page = await stage.person("Ada", { room: freshRoom(), viewport: { width, height: 640 } });
  const gaps = await page.locator(".choice").evaluateAll((choices) =>
    choices.map((choice) => {
      const [outer, range] = [choice.getBoundingClientRect(), document.createRange()];
      range.selectNodeContents(choice.querySelector("span") ?? choice);
      const inner = range.getBoundingClientRect();
      return Math.min(inner.left - outer.left, outer.right - inner.right);
    }),
  );
  expect(gaps).toHaveLength(5);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(3);
});

test("the theme follows the system until one is chosen, and the choice is remembered", async () => {
  const page = await stage.visitor({ room: freshRoom(), colorScheme: "dark" });
  const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(await ground()).toBe("rgb(16, 17, 20)");
  await page.getByRole("button", { name: /^Theme/ }).click();
  expect(await ground()).toBe("rgb(247, 247, 245)");
  await page.reload();
  expect(await ground()).toBe("rgb(247, 247, 245)");
});

test.for(["no-preference", "reduce"] as const)(
  "animations respect prefers-reduced-motion: %s",
  async (reducedMotion) => {
    const room = freshRoom();
    const page = await stage.person("Ada", { room, reducedMotion });
    await page.evaluate(() => {
      const animate = Element.prototype.animate;
      Element.prototype.animate = function (...of) {
        document.body.dataset["flown"] = "yes";
        return animate.apply(this, of);
      };
    });
    const speaker = await createSpeaker(stage.origin, room, "Grace");
    await speaker.say("hello");
    await received(page, "hello");
    await speaker.type();
    await page.getByText("Grace is typing…").waitFor();
    const moving = await page.evaluate(() => document.getAnimations().length > 0);
    const flown = await page.evaluate(() => document.body.dataset["flown"] === "yes");
    expect({ moving, flown }).toEqual(
      reducedMotion === "reduce" ? { moving: false, flown: false } : { moving: true, flown: true },
    );
  },
);

test("axe finds a fault where there is one", async () => {
  const page = await stage.visitor();
  await page.evaluate(() => document.body.append(document.createElement("textarea")));
  expect((await violations(page)).join()).toContain("label: textarea");
});
