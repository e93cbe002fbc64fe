import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { say } from "../../support/ids.ts";
import { ServerSockets } from "../../support/serverSockets.ts";
import { until } from "../../support/wait.ts";
import { type Polling, type RawAnswer, Scene, typesOf } from "./scene.ts";

let scene: Scene;
let sockets: ServerSockets;
beforeAll(async () => {
  scene = await Scene.open({ origins: ["http://friend.test"] });
  sockets = new ServerSockets(Number(scene.server.url.port));
});
afterAll(async () => {
  sockets[Symbol.dispose]();
  await scene[Symbol.asyncDispose]();
});

/** A connection in the state named, and the server's end of it. */
async function polled(times: number) {
  const others = new Set(sockets.open);
  const polling = await scene.connect();
  for (let n = 0; n < times; n += 1) await polling.ask(polling.poll());
  const [socket] = sockets.open.filter((each) => !others.has(each));
  if (socket === undefined) throw new Error("the server has no such connection");
  /** Sends it, and resolves when the server has read it. */
  const deliver = async (text: string): Promise<void> => {
    const due = socket.bytesRead + Buffer.byteLength(text, "latin1");
    polling.send(text);
    await until("the server to read it", () => socket.bytesRead === due);
  };
  return { polling, deliver };
}

/** What a connection that has brought nothing yet answers to the same bytes. */
async function asAnew(text: string, answers: number): Promise<RawAnswer[]> {
  using polling = await scene.connect();
  polling.send(text);
  return await polling.answered(answers);
}

const comparable = (answers: readonly RawAnswer[]): unknown[] =>
  answers.map(({ head, body }) => ({ head, body: body.replace(/"(at|seq)":[0-9]+/g, '"$1":0') }));

const variants: readonly (readonly [name: string, of: (polling: Polling) => string])[] = [
  ["one header more", (polling) => polling.poll({ headers: "X-More: 1\r\n" })],
  ["the end of the connection asked for", (polling) => polling.poll({ headers: "Connection: close\r\n" })],
  ["an empty body", (polling) => polling.poll({ headers: "Content-Length: 0\r\n" })],
  ["a chunked body", (polling) => `${polling.poll({ headers: "Transfer-Encoding: chunked\r\n" })}2\r\n{}\r\n0\r\n\r\n`],
  ["another place in a header", (polling) => polling.poll({ headers: "Last-Event-ID: x\r\n" })],
  ["a header spelt otherwise", (polling) => polling.poll().replace("Accept", "accept")],
  ["HTTP/1.0", (polling) => polling.poll().replace("HTTP/1.1", "HTTP/1.0")],
  ["another method", (polling) => polling.poll().replace("GET", "PUT")],
  ["the cursor twice", (polling) => polling.poll().replace(" HTTP", "&after=x HTTP")],
  ["the cursor twice, once in disguise", (polling) => polling.poll().replace("after=", "%61fter=x&after=")],
  ["no session", (polling) => polling.poll().replace("Bearer ", "Bearer x")],
  ["a foreign host", (polling) => polling.poll().replace("127.0.0.1", "example.com")],
  ["an origin that may read the answer", (polling) => polling.poll({ headers: "Origin: http://friend.test\r\n" })],
  ["a foreign origin", (polling) => polling.poll({ headers: "Origin: http://example.com\r\n" })],
  [
    "an upgrade to something unknown",
    (polling) => polling.poll({ headers: "Connection: Upgrade\r\nUpgrade: h2c\r\n" }),
  ],
  ["a space too many", (polling) => polling.poll().replace("GET ", "GET  ")],
  ["no HTTP", () => "nonsense\r\n\r\n"],
  ["another request", (polling) => polling.poll().replace(/GET [^ ]+/, "GET /healthz")],
];

describe.each([1, 2, 4])("after %i polls alike, a request with", (times) => {
  test.each(variants)("%s is answered as by Node alone, and so is it again and again", async (_name, of) => {
    const { polling } = await polled(times);
    using _closing = polling;
    const text = of(polling);
    const answers = await polling.answered(times);
    polling.send(text);
    const [answer] = (await polling.answered(times + 1)).slice(answers.length);
    expect(comparable(answer === undefined ? [] : [answer])).toEqual(comparable(await asAnew(text, 1)));
    if (answer === undefined || /connection: close/i.test(answer.head) || answer.status === 400) return;
    for (let again = 0; again < 3; again += 1)
      expect(comparable([await polling.ask(text)])).toEqual(comparable([answer]));
    if (/HTTP\/1.0|close/.test(text)) return;
    expect(typesOf(await polling.ask(polling.poll()))).toEqual(["idle"]);
  });
});

describe("a repeated poll that waits", () => {
  const waiting = async () => {
    const { cursor } = await scene.api.current(scene.member.session);
    const { polling, deliver } = await polled(0);
    const poll = polling.poll({ after: cursor, hold: 400 });
    for (let n = 0; n < 3; n += 1) await polling.ask(poll);
    const parsed = scene.parsed;
    await deliver(poll);
    await until("a poll that waits", () => scene.server.counts.connections === 1);
    expect(scene.parsed).toBe(parsed);
    return { polling, deliver, poll };
  };

  test("is answered before what was sent behind it, which is carried out at once", async () => {
    const { polling } = await waiting();
    using _closing = polling;
    polling.send(polling.post(JSON.stringify(say("behind"))).join(""));
    const answers = (await polling.answered(5)).slice(3);
    expect(answers.map(({ body }) => JSON.parse(body))).toMatchObject([
      [{ type: "message", text: "behind" }],
      { type: "ok" },
    ]);
  });

  test("gives way to a poll behind it, as one of another connection does", async () => {
    const { polling, poll } = await waiting();
    using _closing = polling;
    polling.send(poll);
    expect((await polling.answered(5)).slice(3).map(typesOf)).toEqual([["bye"], ["idle"]]);
  });

  test("is let go when its connection is", async () => {
    const { polling } = await waiting();
    polling.raw.socket.resetAndDestroy();
    await until("the server to have let it go", () => scene.server.counts.connections === 0);
  });

  test("outlives half a request behind it, and the rest of that is read as such", async () => {
    const { polling, deliver } = await waiting();
    using _closing = polling;
    const [head, body] = polling.post(JSON.stringify(say("in pieces")));
    for (const piece of [head.slice(0, 20), head.slice(20), body.slice(0, 9)]) await deliver(piece);
    polling.send(body.slice(9));
    const answers = (await polling.answered(5)).slice(3);
    expect(answers.map(({ body }) => JSON.parse(body))).toMatchObject([[{ type: expect.any(String) }], { type: "ok" }]);
  });
});

describe("a poll's own bytes are no poll", () => {
  test.each([1, 2, 4])("as the body of a command, after %i polls", async (times) => {
    const { polling, deliver } = await polled(times);
    using _closing = polling;
    const poll = polling.poll();
    const [head] = polling.post("", poll.length);
    await deliver(head);
    await deliver(poll);
    await until("the end of the connection", () => polling.raw.closed);
    expect(polling.answers.slice(times)).toMatchObject([{ status: 400 }]);
  });

  test.each([0, 1, 2, 4])(
    "as the body of a command that came with the poll before it, after %i polls",
    async (times) => {
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
    },
  );

  test("as the body of a command that came with two polls before it, the second of which waits", async () => {
    const { cursor, epoch } = await scene.api.current(scene.member.session);
    const { polling, deliver } = await polled(0);
    using _closing = polling;
    const [behind, poll] = [`${epoch}-0`, cursor].map((after) => polling.poll({ after, hold: 200 }));
    const [head] = polling.post("", 2 * (poll?.length ?? 0));
    await deliver(`${behind}${poll}${head}`);
    await polling.answered(1);
    await deliver(poll ?? "");
    await polling.answered(2);
    await deliver(poll ?? "");
    await until("the end of the connection", () => polling.raw.closed);
    expect(polling.answers.slice(2)).toMatchObject([{ status: 400 }]);
  });

  test("as the body of a poll, which may have one", async () => {
    const { cursor } = await scene.api.current(scene.member.session);
    const { polling, deliver } = await polled(0);
    using _closing = polling;
    const withBody = (length: number): string =>
      polling.poll({ after: cursor, hold: 200, headers: `Content-Length: ${length}\r\n` });
    const poll = withBody(withBody(100).length);
    await deliver(poll);
    await deliver(poll);
    await polling.answered(1);
    await deliver(poll);
    await polling.answered(2);
    await deliver(poll);
    expect(scene.server.counts.connections).toBe(0);
    expect((await polling.ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")).body).toContain("ok");
    expect(polling.answers).toHaveLength(3);
  });

  test.each([1, 2, 3, 4])("as a header of a request begun while poll %i waited", async (times) => {
    const { cursor } = await scene.api.current(scene.member.session);
    const { polling, deliver } = await polled(0);
    using _closing = polling;
    const poll = polling.poll({ after: cursor, hold: 300 });
    for (let n = 1; n < times; n += 1) await polling.ask(poll);
    await deliver(poll);
    await deliver("GET /healthz HTTP/1.1\r\nX: ");
    await polling.answered(times);
    // It ends what was begun: its own first line is the header's value.
    await deliver(poll);
    expect((await polling.answered(times + 1)).at(-1)?.body).toContain("ok");
    expect(typesOf(await polling.ask(poll))).toEqual(["idle"]);
    expect(polling.answers).toHaveLength(times + 2);
  });
});

test("however a row of requests is cut, each has its answer, in order", async () => {
  const kinds = ["poll", "poll", "poll", "other poll", "command"] as const;
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
