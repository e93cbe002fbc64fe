import { afterAll, beforeAll, expect, test } from "vitest";
import { dialectOf } from "../../bench/skyrocket/rows.ts";
import { overheadTable } from "../../scripts/describe/costs.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { serverTransports } from "../../src/transports/registry.server.ts";
import { ndjson as client } from "../fixtures/ndjson/client.ts";
import { ndjson as server } from "../fixtures/ndjson/server.ts";
import { Visitor } from "../lab/server/visitor.ts";
import { freshRoom } from "../support/ids.ts";
import { LAB } from "../support/lab.ts";
import { Listener } from "../support/listener.ts";
import { until } from "../support/wait.ts";

// A transport that nothing under src knows of, handed to both ends (its conformance: test/conformance/ndjson.test.ts).

const transports = [...clientTransports, client];
let running: RunningServer;
beforeAll(async () => {
  running = await startServer({ rateLimit: false, lab: LAB, transports: [...serverTransports, server] });
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

test("the laboratory has a lane for a supplied transport", async () => {
  using visitor = await Visitor.enter(running.url);
  const { lanes } = await visitor.welcomed();
  expect(lanes.length).toBe(transports.length);
});

test("the bench reads by a supplied transport", async () => {
  const { join, openReader, openPublisher } = dialectOf(client);
  const [own, other] = await join(running.url, 2);
  if (own === undefined || other === undefined) throw new Error("no sessions");
  const arrived: number[] = [];
  const failures: string[] = [];
  const failed = (reason: string): void => void failures.push(reason);
  let opened = 0;
  const open = (): void => {
    opened += 1;
  };
  const url = running.url;
  const events = { opened: open, failed, arrived: (number: number): void => void arrived.push(number) };
  const reader = openReader({ url, credentials: other, events, track: true, link: 1 });
  const publisher = openPublisher({ url, credentials: own, events: { opened: open, failed } });
  await until("both to be attached", () => opened === 2 || failures.length > 0);
  for (const number of [1, 2, 3]) publisher.publish(number, 64);
  await until("all messages", () => arrived.length === 3 || failures.length > 0);
  expect([arrived, failures]).toEqual([[1, 2, 3], []]);
  reader.close();
  publisher.close();
});

test("the table of overheads has a row for a supplied transport", async () => {
  const rows = (await overheadTable([...serverTransports, server])).trim().split("\n");
  expect(rows.length).toBe(2 + transports.length);
  expect(rows.find((row) => row.includes(server.title))).toMatch(/\| [0-9]+ \| [0-9]+ \| [0-9,]+ \|/);
});
