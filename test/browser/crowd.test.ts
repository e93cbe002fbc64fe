import { expect, test } from "vitest";
import { eventually, expectTexts, freshRoom, say } from "./support/room.ts";
import { createSpeaker } from "./support/speaker.ts";
import { useStage } from "./support/stage.ts";

const stage = useStage({ settings: { censusFrom: 3, censusEveryMs: 100 } });

test("after a census the count is the server's, and the next join reloads the names", async () => {
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

test("a page whose session the server forgot continues as a new member and knows its own messages", async () => {
  const room = freshRoom();
  const page = await stage.person("Ada", { room });
  await say(page, "before");
  await expectTexts(page, ["before"]);
  // The server has no fixed secret, so after the restart it accepts no earlier token.
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
