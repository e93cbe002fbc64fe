import { expect, test } from "vitest";
import { connect } from "../../../src/client/index.ts";
import { freshRoom, say } from "../../support/ids.ts";
import { countWrites, ServerSockets } from "../../support/server-sockets.ts";
import { until } from "../../support/wait.ts";
import { eventsOf, type Polling, Scene, typesOf } from "./scene.ts";

/** A long poll that is held, the fourth of its connection. */
async function heldOn(scene: Scene): Promise<Polling> {
  const polling = await scene.connect();
  for (let n = 0; n < 3; n += 1) await polling.ask(polling.poll());
  await hold(scene, polling);
  return polling;
}

async function hold(scene: Scene, polling: Polling): Promise<void> {
  const { cursor } = await scene.api.current(scene.member.session);
  polling.send(polling.poll({ after: cursor, hold: 60_000 }));
  await until("the poll to be held", () => scene.server.counts.connections === 1);
}

test("a held poll is answered with each new event, in one write", async () => {
  await using scene = await Scene.open();
  using sockets = new ServerSockets(Number(scene.server.url.port));
  const others = new Set(sockets.open);
  using polling = await scene.connect();
  await polling.ask(polling.poll());
  const connection = sockets.open.find((socket) => !others.has(socket));
  let writes = 0;
  if (connection !== undefined) countWrites(connection, () => (writes += 1));
  for (const text of ["one", "two", "three 🚀"]) {
    const answered = polling.answers.length + 1;
    await hold(scene, polling);
    await scene.api.execute(scene.member.session, say(text));
    const answer = (await polling.answered(answered)).at(-1);
    expect(answer === undefined ? [] : eventsOf(answer)).toMatchObject([{ type: "message", text }]);
  }
  expect(writes).toBe(3);
});

test("all polls of a connection are answered with the same head", async () => {
  await using scene = await Scene.open();
  using polling = await scene.connect();
  for (let n = 0; n < 5; n += 1) await polling.ask(polling.poll());
  const [first, ...others] = polling.answers;
  for (const other of others) expect(other).toMatchObject({ status: 200, head: first?.head });
});

test("our own client receives every message by polls", async () => {
  await using scene = await Scene.open();
  const reader = connect({ url: scene.server.url, room: scene.member.room, name: "Bob", transport: "long-polling" });
  const texts: string[] = [];
  const reading = (async () => {
    for await (const { event } of reader) if (event.type === "message") texts.push(event.text);
  })();
  await until("the reader", () => scene.server.counts.connections === 1);
  for (let n = 0; n < 30; n += 1) {
    await scene.api.execute(scene.member.session, say(`${n}`));
    await until("the message", () => texts.length === n + 1);
  }
  expect(texts).toEqual(Array.from({ length: 30 }, (_, n) => `${n}`));
  reader.close();
  await reading;
});

test("a poll without a link number is a new link each time", async () => {
  await using scene = await Scene.open();
  using polling = await scene.connect();
  await polling.ask(polling.poll());
  const unnumbered = polling.poll().replace("reader=1&", "");
  for (let n = 0; n < 4; n += 1) await polling.ask(unnumbered);
  // The last of them is link 5, so link 4 is the one before it, and link 3 is superseded.
  const status = async (reader: number): Promise<number> =>
    (await polling.ask(polling.poll().replace("reader=1", `reader=${reader}`))).status;
  expect([await status(3), await status(4), await status(5)]).toEqual([409, 200, 200]);
});

test("a poll from an older cursor is answered with what it missed, and one with an invalid cursor is refused", async () => {
  await using scene = await Scene.open();
  using polling = await scene.connect();
  await scene.api.execute(scene.member.session, say("missed"));
  expect(typesOf(await polling.ask(polling.poll()))).toEqual(["message"]);
  const elsewhere = await polling.ask(polling.poll({ after: "zzzzzzz-3" }));
  expect(typesOf(elsewhere)[0]).toBe("gap");
  for (const after of ["x", "k3v9x0qa", "k3v9x0qa-", "k3v9x0qa-1-2", "k3v9x0qa-01", "K3V9X0QA-1", "-1", "%20"]) {
    expect([after, (await polling.ask(polling.poll({ after }))).status]).toEqual([after, 400]);
  }
});

test("a newer poll of the same link ends a held one, whose connection can be used again", async () => {
  await using scene = await Scene.open();
  using polling = await heldOn(scene);
  using other = await scene.connect();
  await other.ask(polling.poll({ hold: 0 }));
  await polling.answered(4);
  expect(polling.answers.slice(3).flatMap(eventsOf)).toMatchObject([{ type: "bye", reason: "superseded" }]);
  await hold(scene, polling);
});

test("a poll of a superseded link is refused", async () => {
  await using scene = await Scene.open({ settings: { supersedeMs: 1 } });
  using polling = await scene.connect();
  await polling.ask(polling.poll());
  using newer = await scene.connect();
  await newer.ask(polling.poll().replace("reader=1", "reader=2"));
  await until("the grace to be over", async () => (await polling.ask(polling.poll())).status === 409);
});

test("leaving ends a held poll, and its session is unknown from then on", async () => {
  await using scene = await Scene.open();
  using polling = await heldOn(scene);
  await scene.api.end(scene.member.session);
  expect((await polling.answered(4)).slice(3).map(typesOf)).toEqual([["left"]]);
  const after = await polling.ask(polling.poll({ hold: 60_000 }));
  expect(after).toMatchObject({ status: 404 });
  expect(JSON.parse(after.body)).toMatchObject({ code: "session_unknown" });
});

test("a poll of an expired session is refused", async () => {
  await using scene = await Scene.open({ settings: { sessionMs: 1_000 } });
  using polling = await scene.connect();
  await until("the session to expire", async () => (await polling.ask(polling.poll())).status === 404);
});

test("a member whose linger is over joins again with the next poll", async () => {
  await using scene = await Scene.open({ settings: { lingerMs: 50 } });
  using polling = await scene.connect();
  await polling.ask(polling.poll());
  const other = await scene.api.openSession(scene.member.room, "Bob");
  await until("the member to have left", async () => (await scene.api.members(other.session)).count === 1);
  await polling.ask(polling.poll());
  const { members } = await scene.api.members(other.session);
  expect(members.map(({ id }) => id)).toContain(scene.member.member.id);
});

test("a drain answers a held poll with `bye`", async () => {
  const scene = await Scene.open({ settings: { drainMs: 5_000 } });
  using polling = await heldOn(scene);
  const drained = scene.server.drain();
  const [bye] = (await polling.answered(4)).slice(3).flatMap(eventsOf);
  expect(bye).toMatchObject({ type: "bye", reason: "drain" });
  await drained;
  await scene[Symbol.asyncDispose]();
});

test("every poll counts against the rate of its address", async () => {
  const addressRequestRate = { perSecond: 0.001, burst: 10 };
  await using scene = await Scene.open({ rateLimit: true, settings: { addressRequestRate } });
  using polling = await scene.connect();
  // The member's own joining was the first.
  for (let n = 0; n < 9; n += 1) expect((await polling.ask(polling.poll())).status).toBe(200);
  const refused = await polling.ask(polling.poll());
  expect(refused).toMatchObject({ status: 429 });
  expect(refused.head).toMatch(/retry-after: [0-9]+/i);
});

test("polls of several members on one connection each get their own member's answer", async () => {
  await using scene = await Scene.open();
  using polling = await scene.connect();
  const other = await scene.api.openSession(freshRoom(), "Bob");
  await scene.api.execute(other.session, say("Bob's"));
  await scene.api.execute(scene.member.session, say("Ada's"));
  const textOf = async (poll: string): Promise<unknown> =>
    eventsOf(await polling.ask(poll)).map((event) => "text" in event && event.text);
  const theirs = polling.poll({ after: other.cursor }).replace(scene.member.session, other.session);
  for (let n = 0; n < 5; n += 1) {
    expect(await textOf(polling.poll())).toEqual(["Ada's"]);
    expect(await textOf(theirs)).toEqual(["Bob's"]);
  }
});
