import { describe, expect, test } from "vitest";
import { startServer } from "../../../src/server/server.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { Api } from "../../support/api.ts";
import { freshRoom, say } from "../../support/ids.ts";
import { type Answer, RawConnection } from "../../support/raw-http.ts";
import { until } from "../../support/wait.ts";
import { scene } from "./scene.ts";

const get = scene();

const typesOf = (answer: Answer): string[] => {
  const events: { type: string }[] = JSON.parse(answer.body);
  return events.map(({ type }) => type);
};

describe.each(clientTransports.filter(({ streaming }) => !streaming))("overlapping polls by $name", (transport) => {
  const poll = (session: string, after: string, hold = "60000", reader = "1"): Promise<Answer> =>
    get().attach(transport, { session, after, hold, reader });

  test("of two polls of one link the later is answered, and no event is lost to the earlier", async () => {
    const { session, cursor } = await get().api.openSession(freshRoom(), "twice");
    const answers: Answer[] = [];
    const first = poll(session, cursor).then((answer) => answers.push(answer));
    const second = poll(session, cursor).then((answer) => answers.push(answer));
    await until("one of them to be answered", () => answers.length > 0);
    await get().api.execute(session, say("to the later"));
    await Promise.all([first, second]);
    const brought = answers.map(typesOf);
    // A held poll is told to give way; one that is not held has been answered before anything could be in its way.
    if (brought[0]?.length === 0) expect(brought.flat().filter((type) => type !== "message")).toEqual([]);
    else expect(brought).toEqual([["bye"], ["message"]]);
    // Whatever the polls brought, the cursor has not moved: the next one brings it.
    expect(typesOf(await poll(session, cursor))).toEqual(["message"]);
  });

  test("of a hundred polls at once, each ends the one before it", async () => {
    const { session, cursor } = await get().api.openSession(freshRoom(), "hundred");
    const polls = Array.from({ length: 100 }, () => poll(session, cursor, "300"));
    const answers = await Promise.all(polls);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    await get().api.execute(session, say("after them"));
    expect(typesOf(await poll(session, cursor))).toEqual(["message"]);
  });

  test("a poll that its client aborts is detached, and its events are not lost", async () => {
    // A server of its own, where nobody else comes and goes.
    const server = await startServer();
    try {
      const api = new Api(server.url);
      const { session, cursor } = await api.openSession("lobby");
      const path = `/transports/${transport.name}?session=${session}&after=${cursor}&hold=60000`;
      const request = `GET ${path} HTTP/1.1\r\nHost: ${server.url.host}\r\n\r\n`;
      const connection = await RawConnection.open(server.url);
      connection.socket.write(request);
      await until("a held poll, or its answer", () => server.counts.connections === 1 || connection.status === 200);
      connection.socket.resetAndDestroy();
      await until("the server to have let it go", () => server.counts.connections === 0);
      await api.execute(session, say("meanwhile"));
      using again = await RawConnection.open(server.url);
      again.socket.write(request);
      await until("the message", () => again.text.includes("meanwhile"));
    } finally {
      await server.close();
    }
  });
});
