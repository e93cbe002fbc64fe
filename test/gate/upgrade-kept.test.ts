import { ServerResponse } from "node:http";
import { queryObjects } from "node:v8";
import { expect, test } from "vitest";
import { startServer } from "../../src/server/server.ts";
import { Api } from "../support/api.ts";
import { freshRoom } from "../support/ids.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";

const READERS = 20;

/** How many responses there are after a garbage collection. */
function responses(): number {
  return Number(queryObjects(ServerResponse, { format: "count" }));
}

test("a WebSocket keeps nothing of the request that opened it", async () => {
  const server = await startServer({ rateLimit: false });
  const api = new Api(server.url);
  const room = freshRoom();
  const before = responses();
  const readers: RawWebSocket[] = [];
  for (let n = 0; n < READERS; n += 1) {
    const { session } = await api.openSession(room, `reader ${n}`);
    const reader = await RawWebSocket.open(server.url, `/transports/websocket?session=${session}`);
    await reader.waitFor("live", ({ type }) => type === "live");
    readers.push(reader);
  }
  expect(server.counts.connections).toBe(READERS);
  // A few of the last commands' may still be on their way out.
  expect(responses() - before).toBeLessThan(READERS / 2);
  for (const reader of readers) reader[Symbol.dispose]();
  await server.close();
});
