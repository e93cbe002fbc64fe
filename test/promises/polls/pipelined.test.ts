import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { say } from "../../support/ids.ts";
import { ServerSockets } from "../../support/server-sockets.ts";
import { until } from "../../support/wait.ts";
import { type RawAnswer, Scene, typesOf } from "./scene.ts";

let scene: Scene;
let sockets: ServerSockets;
beforeAll(async () => {
  scene = await Scene.open();
  sockets = new ServerSockets(Number(scene.server.url.port));
});
afterAll(async () => {
  sockets[Symbol.dispose]();
  await scene[Symbol.asyncDispose]();
});

/** A connection that has brought some polls, and a way to send it bytes that resolves when the server has read them. */
async function polled(times: number) {
  const others = new Set(sockets.open);
  const polling = await scene.connect();
  for (let n = 0; n < times; n += 1) await polling.ask(polling.poll());
  const [socket] = sockets.open.filter((each) => !others.has(each));
  if (socket === undefined) throw new Error("the server has no such connection");
  const deliver = async (text: string): Promise<void> => {
    const due = socket.bytesRead + Buffer.byteLength(text, "latin1");
    polling.send(text);
    await until("the server to read it", () => socket.bytesRead === due);
  };
  return { polling, deliver };
}

test("a command pipelined behind a held poll is executed once the poll is answered", async () => {
  const { cursor } = await scene.api.current(scene.member.session);
  const { polling } = await polled(1);
  using _closing = polling;
  polling.send(polling.poll({ after: cursor, hold: 100 }) + polling.post(JSON.stringify(say("behind"))).join(""));
  const answers = (await polling.answered(3)).slice(1);
  expect(answers.map(({ body }) => JSON.parse(body))).toMatchObject([[{ type: "idle" }], { type: "ok" }]);
});

test.each([1, 2, 4])("after %i polls, a poll's bytes in the body of a command are its body", async (times) => {
  const { polling, deliver } = await polled(times);
  using _closing = polling;
  const poll = polling.poll();
  const [head] = polling.post("", 2 * poll.length);
  await deliver(`${poll}${head}`);
  await polling.answered(times + 1);
  await deliver(poll);
  expect(polling.answers).toHaveLength(times + 1);
  await deliver(poll);
  await until("the end of the connection", () => polling.raw.closed);
  expect(polling.answers.slice(times + 1)).toMatchObject([{ status: 400 }]);
});

test("a poll's bytes in a header of a request that began while a poll was held are that header", async () => {
  const { cursor } = await scene.api.current(scene.member.session);
  const { polling, deliver } = await polled(0);
  using _closing = polling;
  const poll = polling.poll({ after: cursor, hold: 300 });
  await deliver(poll);
  await deliver("GET /healthz HTTP/1.1\r\nX: ");
  await polling.answered(1);
  await deliver(poll);
  expect((await polling.answered(2)).at(-1)?.body).toContain("ok");
  expect(typesOf(await polling.ask(poll))).toEqual(["idle"]);
  expect(polling.answers).toHaveLength(3);
});

test("a held poll is detached when its connection is cut", async () => {
  const { cursor } = await scene.api.current(scene.member.session);
  const { polling } = await polled(0);
  polling.send(polling.poll({ after: cursor, hold: 60_000 }));
  await until("the poll to be held", () => scene.server.counts.connections === 1);
  polling.raw.socket.resetAndDestroy();
  await until("the reader to be gone", () => scene.server.counts.connections === 0);
});

test("pipelined requests each get their answer in order, however they are cut into segments", async () => {
  const kinds = ["poll", "other poll", "command"] as const;
  const row = fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(row, fc.array(fc.nat({ max: 6_000 }), { maxLength: 8 }), async (asked, cuts) => {
      const { cursor } = await scene.api.current(scene.member.session);
      const { polling, deliver } = await polled(3);
      using _closing = polling;
      const text = asked
        .map((kind) => {
          if (kind === "command") return polling.post(JSON.stringify({ type: "typing", id: "t" })).join("");
          return polling.poll({ after: cursor, ...(kind === "other poll" ? { headers: "X: 1\r\n" } : {}) });
        })
        .join("");
      const places = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort((a, b) => a - b);
      for (const [index, place] of places.entries()) await deliver(text.slice(place, places[index + 1] ?? place));
      const answers = (await polling.answered(3 + asked.length)).slice(3);
      const kindOf = ({ status, body }: RawAnswer): string =>
        status === 200 && body.startsWith("[") ? "poll" : "command";
      expect(answers.map(kindOf)).toEqual(asked.map((kind) => kind.replace("other ", "")));
    }),
    { numRuns: 60 },
  );
});
