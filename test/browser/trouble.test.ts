import { expect, test } from "vitest";
import { violations } from "./support/axe.ts";
import { eventually, expectTexts, freshRoom, received, say } from "./support/room.ts";
import { createSpeaker } from "./support/speaker.ts";
import { live, useStage } from "./support/stage.ts";

const stage = useStage({ secret: "the same after a restart" });

test.for(["websocket", "sse", "long-polling", "short-polling"])(
  "a page on %s that goes offline says so, and on its return receives what it missed",
  async (transport) => {
    const room = freshRoom();
    const page = await stage.person("Ada", { room, transport });
    const speaker = await createSpeaker(stage.origin, room, "Grace");
    await speaker.say("before");
    await received(page, "before");
    await page.context().setOffline(true);
    await stage.cut(page);
    await page.getByRole("status").filter({ hasText: "no network, reconnecting" }).waitFor();
    await speaker.say("meanwhile");
    await say(page, "written offline");
    await page.locator(".message.sending", { hasText: /written offline.*waiting for the connection/s }).waitFor();
    await page.context().setOffline(false);
    await live(page);
    await expectTexts(page, ["before", "meanwhile", "written offline"]);
  },
);

test("a page whose server is down counts down to the next attempt, and then says what was lost", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  await say(page, "before");
  await expectTexts(page, ["before"]);
  await stage.stop();
  await page.locator(".status.bad", { hasText: /reconnecting (in \d+ s|now)/ }).waitFor();
  await stage.restart();
  await live(page);
  await page.getByText("Some messages may be lost: the server started over.").waitFor();
  await say(page, "after");
  await expectTexts(page, ["before", "after"]);
});

test("after a restart that forgot every member, the page knows itself at once in the list and the conversation", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  await say(page, "before");
  await expectTexts(page, ["before"]);
  await page.evaluate(() => {
    // From here on the list must always include oneself.
    const list = document.querySelector(".people");
    const look = (): void => {
      if (list?.querySelector(".you") === null) document.body.dataset["lost"] = "yes";
    };
    if (list !== null)
      new MutationObserver(look).observe(list, { subtree: true, childList: true, characterData: true });
  });
  await stage.stop();
  await page.locator(".people-inner.stale").waitFor();
  await stage.restart();
  await live(page);
  await say(page, "after");
  await expectTexts(page, ["before", "after"]);
  await eventually(() => page.locator(".people .name").allTextContents()).toEqual(["Adayou"]);
  expect(await page.evaluate(() => document.body.dataset["lost"])).toBeUndefined();
  expect(await page.locator(".who .tag").count()).toBe(0);
});

test("an answer that is not the server's is named as such, in the room and while it opens", async () => {
  const page = await stage.person("Ada", { room: freshRoom(), transport: "long-polling" });
  const server = /\/(api|transports)\//;
  const wifi = { status: 200, contentType: "text/html", body: "<h1>Log in to the Wi-Fi</h1>" };
  await page.route(server, (route) => route.fulfill(wifi));
  await stage.cut(page);
  await say(page, "hello");
  await page
    .getByRole("status")
    .filter({ hasText: "something other than the server answered, reconnecting" })
    .waitFor();
  await page.locator(".trouble").filter({ hasText: "proxy" }).waitFor();
  await page.reload();
  await page
    .getByRole("status")
    .filter({ hasText: /something other than the server answered/ })
    .waitFor();
  await page.locator(".trouble").filter({ hasText: "proxy" }).waitFor();
  await page.unroute(server);
  await live(page);
});

const NOT_ALLOWED = { code: "not_allowed", message: "No.", retry: false };

test("a page opened by an address that the server refuses says which option to add", async () => {
  const page = await stage.visitor({ room: freshRoom() });
  await page.route("**/api/**", (route) => route.fulfill({ status: 403, json: NOT_ALLOWED }));
  await page.getByLabel("Your name").fill("Ada");
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByRole("heading", { name: "The server doesn't allow this address" }).waitFor();
  await page.getByText(`npm start -- --origins ${stage.origin}`).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.reload();
  await page.getByRole("heading", { name: "The server doesn't allow this address" }).waitFor();
});

test("a refused key is shown at the key field, not as a refused address", async () => {
  const page = await stage.visitor({ room: freshRoom() });
  await page.route("**/api/sessions", (route) => route.fulfill({ status: 403, json: NOT_ALLOWED }));
  await page.getByLabel("Your name").fill("Ada");
  await page.getByRole("button", { name: "Join" }).click();
  await page.locator(".wrong #join-key").waitFor();
});

test("a key in the address that is too short is shown at its field before the server is asked", async () => {
  const page = await stage.person("Ada", { room: freshRoom() });
  await page.goto(`${stage.origin}/?room=x#key=short`);
  await page.reload();
  await page.getByRole("alert").filter({ hasText: "A room key has 8 to 128 characters; this one has 5." }).waitFor();
  await page.locator(".wrong #join-key:focus").waitFor();
});

test("a refused message says why, can be sent again, and is then shown once", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room, transport: "sse" });
  const ids: string[] = [];
  await page.route("**/api/commands", async (route) => {
    const body: unknown = route.request().postDataJSON();
    const id = typeof body === "object" && body !== null && "id" in body ? String(body.id) : "";
    ids.push(id);
    await route.fulfill({
      status: 422,
      contentType: "application/json",
      body: JSON.stringify({ type: "refused", id, code: "unprocessable", message: "Not this one.", retry: false }),
    });
  });
  await say(page, "hello");
  const failed = page.locator(".message.failed");
  await failed.getByText("Not this one.").waitFor();
  await page.unroute("**/api/commands");
  const resent = page.waitForRequest("**/api/commands");
  await failed.getByRole("button", { name: "Try again" }).click();
  expect((await resent).postData()).toContain(`"id":"${ids.at(-1)}"`);
  await expectTexts(page, ["hello"]);
  expect(await page.locator(".message").count()).toBe(1);
});

test("a message that failed can be discarded", async () => {
  const page = await stage.person("Ada", { room: freshRoom(), transport: "sse" });
  await page.route("**/api/commands", (route) =>
    route.fulfill({
      status: 413,
      contentType: "application/json",
      body: JSON.stringify({ code: "too_large", message: "Too large.", retry: false }),
    }),
  );
  await say(page, "hello");
  await page.locator(".message.failed").getByRole("button", { name: "Discard" }).click();
  await eventually(() => page.locator(".message").count()).toBe(0);
  await page.reload();
  await live(page);
  expect(await page.locator(".message").count()).toBe(0);
});

test("a name that the server refuses is shown at its field", async () => {
  const page = await stage.visitor({ room: freshRoom() });
  const name = page.getByLabel("Your name");
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByRole("alert").filter({ hasText: "Enter a name. It is shown to everyone in the room." }).waitFor();
  await name.fill("Ada\u202Eevil");
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByRole("alert").filter({ hasText: "This name can't be used" }).waitFor();
  expect(await name.getAttribute("aria-invalid")).toBe("true");
  expect(await name.evaluate((field) => field === document.activeElement)).toBe(true);
  await name.fill("Ada");
  await page.getByRole("button", { name: "Join" }).click();
  await live(page);
});

test("an impossible room name is shown at its field", async () => {
  const page = await stage.visitor();
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("Room", { exact: true }).fill("ümlaut!");
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByRole("alert").filter({ hasText: "only letters a–z, digits and hyphens" }).waitFor();
});

test("leaving shows the form again, and the others see that the member left", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  const grace = await stage.person("Grace", { room });
  await say(page, "bye");
  await received(grace, "bye");
  await page.getByRole("button", { name: "Leave the room" }).click();
  await page.getByRole("heading", { name: "Join the room" }).waitFor();
  await grace.getByText("Ada left").waitFor();
});

test("a page whose session was ended elsewhere says so and rejoins with one button", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  await say(page, "before");
  await expectTexts(page, ["before"]);
  const session = await page.evaluate(() => {
    const saved: unknown = JSON.parse(sessionStorage.getItem("skyrocket:session") ?? "null");
    return typeof saved === "object" && saved !== null && "session" in saved ? String(saved.session) : "";
  });
  await fetch(`${stage.origin}/api/sessions/current`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${session}` },
  });
  await page.getByText("You left the room.").waitFor();
  expect(await page.getByRole("radio").first().isDisabled()).toBe(true);
  await page.getByRole("button", { name: `Rejoin #${room}` }).click();
  await live(page);
  await say(page, "after");
  await expectTexts(page, ["before", "after"]);
});

test("a phone that joins while the server is down says so, then why, and gets in when it is back", async () => {
  const page = await stage.visitor({ room: freshRoom(), viewport: { width: 360, height: 740 } });
  await page.getByLabel("Your name").fill("Ada");
  await stage.stop();
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByText(/trying again (in \d+ s|now)/).waitFor();
  const [what, why] = await Promise.all(
    [".join-progress .status", ".join-progress .trouble"].map((part) => page.locator(part).boundingBox()),
  );
  expect(what?.y).toBeLessThan(why?.y ?? 0);
  await stage.restart();
  await live(page);
});
