import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom, say } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";
import { ask } from "../support/raw-http.ts";

let folder: Folder;
let server: RunningServer | null = null;
beforeEach(() => {
  folder = new Folder();
});
afterEach(async () => {
  await server?.close();
  server = null;
  folder[Symbol.dispose]();
});

const start = async (limit: { pageLimit?: number }): Promise<RunningServer> => {
  server = await startServer({ rateLimit: false, store: { kind: "sqlite", file: folder.at("rooms.db"), ...limit } });
  return server;
};

test("a server with a full disk refuses what it can't store; readers and the next start have everything stored", async () => {
  const { url } = await start({ pageLimit: 60 });
  const room = freshRoom();
  const api = new Api(url);
  const { session } = await api.openSession(room, "publisher");
  const listeners: Listener[] = [];
  await using stack = new AsyncDisposableStack();
  for (const { name } of clientTransports) {
    listeners.push(stack.use(await Listener.open(url, { room, name, transport: name })));
  }
  const said: string[] = [];
  const command = () => say(`${said.length} ${"x".repeat(2_000)}`);
  for (let reply = await api.execute(session, command()); reply?.type === "ok"; ) {
    said.push(command().text);
    reply = await api.execute(session, command());
    if (reply?.type === "refused")
      expect(reply).toMatchObject({ code: "overloaded", retry: true, retryAfterMs: 5_000 });
  }
  expect(said.length).toBeGreaterThan(20);
  const body = JSON.stringify(command());
  const headers = {
    authorization: `Bearer ${session}`,
    "content-type": "application/json",
    "content-length": String(body.length),
  };
  const answer = await ask(new URL("/api/commands", url), { method: "POST", headers, body });
  expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "5"]);
  expect(answer.body).not.toMatch(/rooms\.db|SQLite|\n +at /);
  for (const listener of listeners) {
    await listener.untilTexts(said.length);
    expect(listener.texts).toEqual(said);
    // Whoever comes back while the disk is full is served as well.
    listener.proxy.cut();
  }
  for (const listener of listeners) await listener.untilLive();
  await stack.disposeAsync();
  await server?.close();
  const again = new Api((await start({})).url);
  expect(await again.execute(session, say("there is space again"))).toMatchObject({ type: "ok" });
  const { cursor } = await again.current(session);
  const { events } = await again.history(session, cursor, 100);
  const texts = events.flatMap((event) => (event.type === "message" ? [event.text] : []));
  expect(texts).toEqual([...said, "there is space again"].slice(-texts.length));
  expect(texts.length).toBeGreaterThan(20);
});

test("a server that starts on a full disk fails with an error that says what to do", async () => {
  await expect(start({ pageLimit: 2 })).rejects.toMatchObject({
    name: "StoreError",
    message: expect.stringMatching(/^There is no space left to write .*rooms\.db .*\. Free some on its disk/),
  });
});
