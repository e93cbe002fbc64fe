import { ServerResponse } from "node:http";
import { queryObjects } from "node:v8";
import { expect, test } from "vitest";
import { connect } from "../../../src/client/index.ts";
import { freshRoom, say } from "../../support/ids.ts";
import { countWrites, ServerSockets } from "../../support/serverSockets.ts";
import { until } from "../../support/wait.ts";
import { eventsOf, Scene, typesOf } from "./scene.ts";

test("the first poll of a connection and the second are requests to Node, none after them is", async () => {
  await using scene = await Scene.open();
  using polling = await scene.connect();
  const parsed: number[] = [];
  const before = scene.parsed;
  for (let n = 0; n < 5; n += 1) {
    await polling.ask(polling.poll());
    parsed.push(scene.parsed - before);
  }
  expect(parsed).toEqual([1, 2, 2, 2, 2]);
  const [first, ...others] = polling.answers;
  for (const other of others) expect(other).toMatchObject({ status: 200, head: first?.head });
  expect(first?.head).toContain("\r\nDate: some");
});

test.each(["", "&t=zik0zk"])("what makes the address unlike any other (%j) makes it no other poll", async (last) => {
  await using scene = await Scene.open();
  using polling = await scene.repeating();
  const before = scene.parsed;
  for (const t of [last, "&t=1", "", "&t=a1b2c3d"]) {
    await polling.ask(polling.poll({ after: `${scene.member.cursor}${t}` }));
  }
  expect(scene.parsed).toBe(before);
  for (const t of ["&t=", "&t=A", "&t=1&t=2", "&t=%31", "&after=x", "&u=1"]) {
    await polling.ask(polling.poll({ after: `${scene.member.cursor}${t}` }));
  }
  expect(scene.parsed).toBe(before + 6);
});

test("a repeated poll brings what the room is told, in one write", async () => {
  await using scene = await Scene.open();
  using sockets = new ServerSockets(Number(scene.server.url.port));
  const others = new Set(sockets.open);
  using polling = await scene.repeating();
  const connection = sockets.open.find((socket) => !others.has(socket));
  let writes = 0;
  if (connection !== undefined) countWrites(connection, () => (writes += 1));
  // Another hold is another request: the connection has to be known anew.
  for (const text of ["one", "two", "three 🚀"]) {
    const { cursor } = await scene.api.current(scene.member.session);
    const answered = polling.answers.length + 1;
    polling.send(polling.poll({ after: cursor, hold: 60_000 }));
    await until("a poll that waits", () => scene.server.counts.connections === 1);
    await scene.api.execute(scene.member.session, say(text));
    const answer = (await polling.answered(answered)).at(-1);
    expect(answer === undefined ? [] : eventsOf(answer)).toMatchObject([{ type: "message", text }]);
  }
  expect(writes).toBe(3);
});

test("a repeated poll that waits keeps no response in memory", async () => {
  await using scene = await Scene.open();
  const before = Number(queryObjects(ServerResponse, { format: "count" }));
  const pollings = [];
  for (let n = 0; n < 20; n += 1) {
    const polling = await scene.connect();
    pollings.push(polling);
    const member = await scene.api.openSession(freshRoom());
    const head = polling.poll({ hold: 60_000 }).replace(scene.member.session, member.session);
    const poll = (cursor: string): string => head.replace(/after=[^ ]+/, `after=${cursor}`);
    for (let asked = 0; asked < 3; asked += 1) {
      polling.send(poll((await scene.api.current(member.session)).cursor));
      await until("a poll that waits", () => scene.server.counts.connections === n + 1);
      if (asked === 2) continue;
      await scene.api.execute(member.session, say("on"));
      await polling.answered(asked + 1);
    }
  }
  // A few of the last commands' may still be on their way out.
  expect(Number(queryObjects(ServerResponse, { format: "count" })) - before).toBeLessThan(10);
  for (const polling of pollings) polling[Symbol.dispose]();
});

test("our own client's polls are repeats", async () => {
  await using scene = await Scene.open();
  const reader = connect({ url: scene.server.url, room: scene.member.room, name: "Bob", transport: "long-polling" });
  const texts: string[] = [];
  const reading = (async () => {
    for await (const { event } of reader) if (event.type === "message") texts.push(event.text);
  })();
  await until("the reader", () => scene.server.counts.connections === 1);
  const before = scene.parsed;
  for (let n = 0; n < 30; n += 1) {
    await scene.api.execute(scene.member.session, say(`${n}`));
    await until("the message", () => texts.length === n + 1);
    await until("the next poll", () => scene.server.counts.connections === 1);
  }
  // Thirty commands, thirty polls: at most a handful of these before they are known, however the client's pool deals them.
  expect(scene.parsed - before).toBeLessThan(30 + 10);
  reader.close();
  await reading;
});

test("a poll that leaves out its link's number is a link of its own each time, and a request", async () => {
  await using scene = await Scene.open();
  using polling = await scene.repeating();
  const before = scene.parsed;
  const unnumbered = polling.poll().replace("reader=1&", "");
  for (let n = 0; n < 4; n += 1) await polling.ask(unnumbered);
  expect(scene.parsed).toBe(before + 4);
  // The last of them is link 5, so that link 4 is the one before it, and link 3 is none any more.
  const status = async (reader: number): Promise<number> =>
    (await polling.ask(polling.poll().replace("reader=1", `reader=${reader}`))).status;
  expect([await status(3), await status(4), await status(5)]).toEqual([409, 200, 200]);
});

test("with each request logged, each is a request", async () => {
  const lines: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text: string | Uint8Array): boolean => lines.push(String(text)) > 0;
  try {
    await using scene = await Scene.open({ log: "debug" });
    using polling = await scene.connect();
    const before = scene.parsed;
    for (let n = 0; n < 5; n += 1) await polling.ask(polling.poll());
    expect(scene.parsed - before).toBe(5);
  } finally {
    process.stdout.write = write;
  }
});

test("a cursor that is behind is caught up with, and one that is none is refused", async () => {
  await using scene = await Scene.open();
  using polling = await scene.repeating();
  await scene.api.execute(scene.member.session, say("missed"));
  expect(typesOf(await polling.ask(polling.poll()))).toEqual(["message"]);
  const elsewhere = await polling.ask(polling.poll({ after: "zzzzzzz-3" }));
  expect(typesOf(elsewhere)[0]).toBe("gap");
  for (const after of ["x", "k3v9x0qa", "k3v9x0qa-", "k3v9x0qa-1-2", "k3v9x0qa-01", "K3V9X0QA-1", "-1", "%20"]) {
    expect([after, (await polling.ask(polling.poll({ after }))).status]).toEqual([after, 400]);
  }
});
