import { expect, test } from "vitest";
import { eventually, expectTexts, freshRoom, say } from "./support/room.ts";
import { createSpeaker } from "./support/speaker.ts";
import { useStage } from "./support/stage.ts";

const stage = useStage({ settings: { censusFrom: 3, censusEveryMs: 100 } });

test("from a census on the number is what the server says, and the names are asked for again once it tells of somebody", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room, transport: "sse" });
  const count = page.locator(".people h2 .figure");
  const names = page.locator(".people .name bdi");
  const crowd = [];
  for (const name of ["Grace", "Edsger", "Radia", "Barbara", "Leslie"]) {
    crowd.push(await createSpeaker(stage.origin, room, name));
  }
  await eventually(() => count.textContent()).toBe("6");
  await page.getByText(/^and \d more$/).waitFor();
  for (const speaker of crowd) await speaker.leave();
  await eventually(() => count.textContent()).toBe("1");
  await createSpeaker(stage.origin, room, "Frances");
  await eventually(() => names.allTextContents()).toEqual(["Ada", "Frances"]);
  expect(await count.textContent()).toBe("2");
});

test("where the server has forgotten the session, the page goes on as a new member and knows its own messages", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  await say(page, "before");
  await expectTexts(page, ["before"]);
  // Without a secret that outlives it, the server that comes back knows no token of the one that went.
  await stage.restart();
  await page.getByText("the server started over").first().waitFor();
  await page.locator(".status.good").waitFor();
  await say(page, "after");
  await expectTexts(page, ["before", "after"]);
  expect(await page.locator(".message").count()).toBe(2);
  await eventually(() => page.locator(".people .you").count()).toBe(1);
  await page.reload();
  await page.locator(".status.good").waitFor();
  await expectTexts(page, ["after"]);
});
