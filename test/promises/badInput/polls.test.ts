import { describe, expect, test } from "vitest";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { freshRoom, say } from "../../support/ids.ts";
import type { Answer } from "../../support/rawHttp.ts";
import { until } from "../../support/wait.ts";
import { expectFailure, scene } from "./scene.ts";

const get = scene();

const typesOf = (answer: Answer): string[] => {
  const events: { type: string }[] = JSON.parse(answer.body);
  return events.map(({ type }) => type);
};

describe.each(clientTransports.filter(({ streaming }) => !streaming))("overlapping polls by $name", (transport) => {
  const poll = (session: string, after: string, hold = "60000", reader = "1"): Promise<Answer> =>
    get().attach(transport, { session, after, hold, reader });

  test("of one link: the later is served, and no event is lost to the earlier", async () => {
    const { session, cursor } = await get().api.openSession(freshRoom(), "twice");
    const before = get().server.counts.connections;
    const first = poll(session, cursor);
    const held = await Promise.race([
      first.then(() => false),
      until("a held poll", () => get().server.counts.connections > before),
    ]);
    const second = poll(session, cursor);
    if (held) expect(typesOf(await first)).toEqual(["bye"]);
    else expect(typesOf(await first)).toEqual([]);
    await get().api.execute(session, say("to the later"));
    const answer = typesOf(await second);
    expect(answer).toEqual(held ? ["message"] : []);
    // Whatever the polls brought, the cursor has not moved: the next one brings it.
    expect(typesOf(await poll(session, cursor))).toEqual(["message"]);
  });

  test("a hundred at once end one another, but for the last", async () => {
    const { session, cursor } = await get().api.openSession(freshRoom(), "hundred");
    const polls = Array.from({ length: 100 }, () => poll(session, cursor, "300"));
    const answers = await Promise.all(polls);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    await get().api.execute(session, say("after them"));
    expect(typesOf(await poll(session, cursor))).toEqual(["message"]);
  });

  test("a poll given up by its client is not missed", async () => {
    const { session, cursor } = await get().api.openSession(freshRoom(), "gives up");
    const controller = new AbortController();
    const before = get().server.counts.connections;
    const url = new URL(
      `/transports/${transport.name}?session=${session}&after=${cursor}&hold=60000`,
      get().server.url,
    );
    const given = fetch(url, { signal: controller.signal }).then(
      () => "answered",
      () => "given up",
    );
    const outcome = await Promise.race([given, until("a held poll", () => get().server.counts.connections > before)]);
    controller.abort();
    if (outcome === true) expect(await given).toBe("given up");
    await until("the server to let it go", () => get().server.counts.connections <= before);
    await get().api.execute(session, say("meanwhile"));
    expect(typesOf(await poll(session, cursor))).toEqual(["message"]);
  });
});

describe("the hold of a long poll", () => {
  const transport = clientTransports.find(({ name }) => name === "long-polling");
  const poll = async (hold: string): Promise<{ answer: Answer; took: number }> => {
    if (transport === undefined) throw new Error("there is no long polling");
    const { session, cursor } = await get().api.openSession(freshRoom(), "holds");
    const begun = performance.now();
    const answer = await get().attach(transport, { session, after: cursor, hold });
    return { answer, took: performance.now() - begun };
  };

  test("ends with `idle`, not before its time but for the server's jitter", async () => {
    const { answer, took } = await poll("800");
    expect(typesOf(answer)).toEqual(["idle"]);
    expect(took).toBeGreaterThan(800 * 0.85);
    expect(took).toBeLessThan(800 + 3_000);
  });

  test("of nought is answered at once", async () => {
    const { answer } = await poll("0");
    expect(typesOf(answer)).toEqual(["idle"]);
  });

  test.each(["-1", "x", "1.5", "120001", "9999999", ""])("of %j is malformed", async (hold) => {
    expectFailure((await poll(hold)).answer, "malformed");
  });
});
