import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { freshRoom, say } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";
import { pace } from "../support/wait.ts";

const names = clientTransports.map(({ name }) => name);
const pairs = names.flatMap((from) => names.filter((to) => to !== from).map((to) => [from, to] as const));

/** Messages in one cell, and the pause between two of them in ms: some 250 a second, four cells at a time. */
const MESSAGES = 240;
const PAUSE_MS = 4;

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ rateLimit: false });
});
afterAll(() => server.close());

describe.concurrent("switching under load", () => {
  test.each(pairs)(
    "a client that switches from %s to %s and back loses, duplicates and reorders nothing",
    async (from, to) => {
      const room = freshRoom();
      await using reader = await Listener.open(server.url, { room, name: "reader", transport: from });
      const api = new Api(server.url);
      const publisher = await api.openSession(room, "publisher");
      const said = Array.from({ length: MESSAGES }, (_, index) => `message ${index}`);
      const publishing = (async () => {
        for (const text of said) {
          await api.execute(publisher.session, say(text));
          await pace(PAUSE_MS);
        }
      })();
      await reader.untilTexts(MESSAGES / 6);
      await reader.client.switchTo(to);
      expect(reader.transport).toBe(to);
      await reader.untilTexts(MESSAGES / 3);
      await reader.client.switchTo(from);
      expect(reader.transport).toBe(from);
      // Each switch was made while messages were coming: there are as many still to come.
      expect(reader.messages.length).toBeLessThan(MESSAGES);
      await publishing;
      await reader.untilTexts(MESSAGES);
      expect(reader.texts).toEqual(said);
      expect(reader.gaps).toEqual([]);
      expect(new Set(reader.deliveries.map(({ by }) => by))).toEqual(new Set([from, to]));
      expect(reader.durable.filter(({ type }) => type !== "message").map(({ type }) => type)).toEqual(["joined"]);
    },
  );
});
