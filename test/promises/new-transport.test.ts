import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { serverTransports } from "../../src/transports/registry.server.ts";
import { ndjson as client } from "../fixtures/ndjson/client.ts";
import { ndjson as server } from "../fixtures/ndjson/server.ts";
import { freshRoom } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";

// A transport that nothing under src knows of, handed to both ends (its conformance: test/conformance/ndjson.test.ts).

const transports = [...clientTransports, client];
let running: RunningServer;
beforeAll(async () => {
  running = await startServer({ rateLimit: false, transports: [...serverTransports, server] });
});
afterAll(() => running.close());

test("a client uses a transport that the caller supplies, and others see its name", async () => {
  const room = freshRoom();
  await using ada = await Listener.open(running.url, { room, name: "Ada", transport: client.name, transports });
  await using grace = await Listener.open(running.url, { room, name: "Grace", transport: "auto", transports });
  expect(ada.transport).toBe(client.name);
  expect(ada.client.transports.map(({ name }) => name)).toEqual(transports.map(({ name }) => name));
  await ada.client.send("by lines");
  await grace.client.send("back");
  await Promise.all([ada.untilTexts(2), grace.untilTexts(2)]);
  expect(grace.texts).toEqual(["by lines", "back"]);
  expect(ada.texts).toEqual(grace.texts);
  expect(grace.messages[0]?.via).toBe(client.name);
});

test.each(clientTransports)(
  "a client switches from $name to a supplied transport and back without loss",
  async ({ name }) => {
    const room = freshRoom();
    await using ada = await Listener.open(running.url, { room, name: "Ada", transport: name, transports });
    await using grace = await Listener.open(running.url, { room, name: "Grace", transport: client.name, transports });
    const said = Array.from({ length: 60 }, (_, n) => `message ${n}`);
    const speaking = (async () => {
      for (const text of said) await grace.client.send(text);
    })();
    await ada.untilTexts(5);
    await ada.client.switchTo(client.name);
    await ada.client.switchTo(name);
    await speaking;
    await ada.untilTexts(said.length);
    expect(ada.texts).toEqual(said);
  },
);
