import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { Api } from "../support/api.ts";
import { freshRoom, say } from "../support/ids.ts";
import { ask } from "../support/raw-http.ts";
import { until } from "../support/wait.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

async function poll(
  hold: string,
  meanwhile: (api: Api, session: Parameters<Api["end"]>[0]) => Promise<unknown> = async () => undefined,
) {
  const api = new Api(server.url);
  const { session, cursor } = await api.openSession(freshRoom());
  const begun = performance.now();
  const url = new URL(`/transports/long-polling?session=${session}&after=${cursor}&hold=${hold}`, server.url);
  const answering = ask(url);
  await meanwhile(api, session);
  const answer = await answering;
  return { status: answer.status, took: performance.now() - begun, body: JSON.parse(answer.body) };
}

describe("the hold of a long poll", () => {
  test("a poll's hold ends with `idle`, early by no more than the server's jitter", async () => {
    const { body, took } = await poll("800");
    expect(body).toEqual([{ type: "idle", at: expect.any(Number) }]);
    expect(took).toBeGreaterThan(800 * 0.85);
  });

  test("a held poll is answered at once when an event arrives", async () => {
    const { body, took } = await poll("120000", async (api, session) => {
      await until("a held poll", () => server.counts.connections === 1);
      await api.execute(session, say("news"));
    });
    expect(body).toMatchObject([{ type: "message", text: "news" }]);
    expect(took).toBeLessThan(100_000);
  });

  test("a poll with hold 0 is answered at once", async () => {
    expect((await poll("0")).body).toEqual([{ type: "idle", at: expect.any(Number) }]);
  });

  test.each(["-1", "x", "1.5", "120001", "9999999", ""])("a poll with hold %j is malformed", async (hold) => {
    expect(await poll(hold)).toMatchObject({ status: 400, body: { code: "malformed" } });
  });
});
