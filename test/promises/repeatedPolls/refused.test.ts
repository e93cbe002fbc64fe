import { expect, test } from "vitest";
import { freshRoom, say } from "../../support/ids.ts";
import { until } from "../../support/wait.ts";
import { eventsOf, type Polling, Scene, typesOf } from "./scene.ts";

/** A repeated poll that waits; its answer is the fifth. */
async function waitingOn(scene: Scene): Promise<Polling> {
  const polling = await scene.connect();
  const { cursor } = await scene.api.current(scene.member.session);
  for (let n = 0; n < 4; n += 1) {
    const parsed = scene.parsed;
    polling.send(polling.poll({ after: cursor, hold: 60_000 }));
    await until("a poll that waits", () => scene.server.counts.connections === 1);
    if (n < 3) await answerAll(scene, polling, n + 1);
    else expect(scene.parsed).toBe(parsed);
  }
  return polling;
}

/** Ends the poll that waits by one of the same link elsewhere, which is answered at once. */
async function answerAll(scene: Scene, polling: Polling, answers: number): Promise<void> {
  using other = await scene.connect();
  await other.ask(polling.poll({ hold: 0 }));
  await polling.answered(answers);
}

test("a newer poll of the same link ends it, and its connection goes on", async () => {
  await using scene = await Scene.open();
  using polling = await waitingOn(scene);
  await answerAll(scene, polling, 4);
  expect(polling.answers.slice(3).flatMap(eventsOf)).toMatchObject([{ type: "bye", reason: "superseded" }]);
  const parsed = scene.parsed;
  polling.send(polling.poll({ hold: 60_000 }));
  await until("a poll that waits", () => scene.server.counts.connections === 1);
  expect(scene.parsed).toBe(parsed);
});

test("an older link's is refused as any poll of it is", async () => {
  await using scene = await Scene.open({ settings: { supersedeMs: 1 } });
  using polling = await scene.repeating();
  using newer = await scene.connect();
  await newer.ask(polling.poll().replace("reader=1", "reader=2"));
  await until("the grace to be over", async () => (await polling.ask(polling.poll())).status === 409);
});

test("leaving ends it, and the session is unknown from then on", async () => {
  await using scene = await Scene.open();
  using polling = await waitingOn(scene);
  await scene.api.end(scene.member.session);
  expect((await polling.answered(4)).slice(3).map(typesOf)).toEqual([["left"]]);
  const after = await polling.ask(polling.poll({ hold: 60_000 }));
  expect(after).toMatchObject({ status: 404 });
  expect(JSON.parse(after.body)).toMatchObject({ code: "session_unknown" });
});

test("an expired session is unknown", async () => {
  let ahead = 0;
  await using scene = await Scene.open({ now: () => Date.now() + ahead });
  using polling = await scene.repeating();
  ahead = 365 * 86_400_000;
  expect(await polling.ask(polling.poll())).toMatchObject({ status: 404 });
});

test("whoever comes back after the linger joins again", async () => {
  await using scene = await Scene.open({ settings: { lingerMs: 50 } });
  using polling = await scene.repeating();
  const other = await scene.api.openSession(scene.member.room, "Bob");
  await until("the member to have left", async () => (await scene.api.members(other.session)).count === 1);
  const parsed = scene.parsed;
  await polling.ask(polling.poll());
  expect(scene.parsed).toBe(parsed + 1);
  const { members } = await scene.api.members(other.session);
  expect(members.map(({ id }) => id)).toContain(scene.member.member.id);
});

test("a drain says `bye` to it, and the next poll is refused", async () => {
  const scene = await Scene.open({ settings: { drainMs: 5_000 } });
  using polling = await waitingOn(scene);
  const drained = scene.server.drain();
  const [bye] = (await polling.answered(4)).slice(3).flatMap(eventsOf);
  expect(bye).toMatchObject({ type: "bye", reason: "drain" });
  await drained;
  await scene[Symbol.asyncDispose]();
});

test("each counts against the limit of its address", async () => {
  const addressRequestRate = { perSecond: 0.001, burst: 10 };
  await using scene = await Scene.open({ rateLimit: true, settings: { addressRequestRate } });
  using polling = await scene.connect();
  // The member's own joining was the first.
  for (let n = 0; n < 9; n += 1) expect((await polling.ask(polling.poll())).status).toBe(200);
  const refused = await polling.ask(polling.poll());
  expect(refused).toMatchObject({ status: 429 });
  expect(refused.head).toMatch(/retry-after: [0-9]+/i);
});

test("polls of several members on one connection are requests, each with its own member's answer", async () => {
  await using scene = await Scene.open();
  using polling = await scene.connect();
  const other = await scene.api.openSession(freshRoom(), "Bob");
  await scene.api.execute(other.session, say("Bob's"));
  await scene.api.execute(scene.member.session, say("Ada's"));
  const before = scene.parsed;
  const textOf = async (poll: string): Promise<unknown> =>
    eventsOf(await polling.ask(poll)).map((event) => "text" in event && event.text);
  const theirs = polling.poll({ after: other.cursor }).replace(scene.member.session, other.session);
  for (let n = 0; n < 10; n += 1) {
    expect(await textOf(polling.poll())).toEqual(["Ada's"]);
    expect(await textOf(theirs)).toEqual(["Bob's"]);
  }
  expect(scene.parsed).toBe(before + 20);
  // After so many in vain the connection is left to Node for good.
  for (let n = 0; n < 5; n += 1) await polling.ask(polling.poll());
  expect(scene.parsed).toBe(before + 25);
});
