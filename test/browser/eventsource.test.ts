import { expect, onTestFinished, test } from "vitest";
import { eventually, freshRoom } from "./support/room.ts";
import { createSpeaker } from "./support/speaker.ts";
import { useStage } from "./support/stage.ts";

const stage = useStage();

interface Seen {
  readonly type: string;
  readonly id: string;
  readonly data: string;
}

test("the browser's own EventSource reads the room and resumes by itself after a cut", async () => {
  const room = freshRoom();
  const context = await stage.browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(`${stage.origin}/healthz`);
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  const seen: Seen[] = [];
  await page.exposeFunction("seen", (one: Seen) => {
    seen.push(one);
  });
  const session = await page.evaluate(async (name) => {
    const answer = await fetch("/api/sessions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ room: name, name: "Ada" }),
    });
    const opened: unknown = await answer.json();
    return typeof opened === "object" && opened !== null && "session" in opened ? String(opened.session) : "";
  }, room);
  await page.evaluate((token) => {
    const source = new EventSource(`/transports/sse?session=${encodeURIComponent(token)}`);
    const tell: unknown = Reflect.get(globalThis, "seen");
    for (const type of ["message", "live", "gap", "joined", "left"]) {
      source.addEventListener(type, (event) => {
        if (typeof tell === "function") tell({ type, id: event.lastEventId, data: event.data });
      });
    }
  }, session);
  await eventually(() => seen.some(({ type }) => type === "live")).toBe(true);
  await speaker.say("one");
  await eventually(() => seen.filter(({ data }) => data.includes('"one"')).length).toBe(1);
  const one = seen.find(({ data }) => data.includes('"one"'));
  expect(one?.id).toMatch(/^[0-9a-z]{1,8}-\d+$/);

  await context.setOffline(true);
  await speaker.say("two");
  await context.setOffline(false);
  await eventually(() => seen.filter(({ data }) => data.includes('"two"')).length).toBe(1);
  await speaker.say("three");
  await eventually(() => seen.filter(({ data }) => data.includes('"three"')).length).toBe(1);
  expect(seen.filter(({ data }) => data.includes('"one"')).length).toBe(1);
  expect(seen.some(({ type }) => type === "gap")).toBe(false);
});
