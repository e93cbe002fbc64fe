import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/chat/settings.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { clientFrame } from "../support/frames.ts";
import { freshRoom, say } from "../support/ids.ts";
import { RawConnection } from "../support/raw-http.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { ServerSockets } from "../support/server-sockets.ts";
import { pace, until } from "../support/wait.ts";
import { Crowd, Speaker } from "./crowd.ts";
import { heldTransports } from "./transports.ts";

const READERS = 20;
const TEXT_BYTES = 3_900;
/** 20 MB to each reader: several times what the kernel's buffers of a loopback connection were seen to hold. */
const MESSAGES = 5_000;
const { batchBytes } = DEFAULT_SETTINGS;

let server: RunningServer;
let sockets: ServerSockets;

/** The server never disconnects slow readers here: the tests measure what they cost while they stay. */
beforeEach(async () => {
  const settings = { slowMs: 600_000, slowBytes: 1e9, unreadMs: 600_000, replayBytes: 4 * 1_048_576 };
  server = await startServer({ rateLimit: false, settings });
  sockets = new ServerSockets(Number(server.url.port));
});
afterEach(async () => {
  sockets[Symbol.dispose]();
  await server.close();
});

/** Sends `MESSAGES`, several at a time. Resolves to the most bytes that waited in the server's sockets meanwhile. */
async function flood(speaker: Speaker): Promise<number> {
  let most = 0;
  for (let said = 0; said < MESSAGES; said += 50) {
    await Promise.all(Array.from({ length: 50 }, () => speaker.speak(TEXT_BYTES)));
    most = Math.max(most, sockets.queuedBytes);
  }
  return most;
}

describe(`${READERS} readers that never read`, () => {
  test.each(heldTransports())("readers that never read cost at most one batch each on %s", async (transport) => {
    const crowd = new Crowd(transport, server.url);
    await crowd.join(READERS);
    const speaker = await Speaker.open(server.url);
    crowd.freeze();
    const most = await flood(speaker);
    const bound = READERS * (batchBytes + 2 * TEXT_BYTES);
    expect(most).toBeLessThan(bound);
    // That was more than the kernel's buffers hold, so streams are full. A poller gets one answer and no more.
    const streams = clientTransports.some(({ name, streaming }) => name === transport && streaming);
    if (streams) expect(most).toBeGreaterThan(0);
    crowd.vanish();
    await until("the readers to be gone", () => server.counts.connections === 0);
    await speaker.leave();
  });
});

describe("clients that never read their answers", () => {
  /** Sends 1,200 requests on one connection and reads no answer. Resolves to the most bytes that waited in the server. */
  async function askOn(path: (session: string, epoch: string) => string): Promise<number> {
    const api = new Api(server.url);
    const { session, epoch } = await api.openSession(freshRoom());
    for (let said = 0; said < 400; said += 50) {
      await Promise.all(Array.from({ length: 50 }, () => api.execute(session, say("x".repeat(TEXT_BYTES)))));
    }
    using connection = await RawConnection.open(server.url);
    connection.socket.pause();
    const request = `GET ${path(session, epoch)} HTTP/1.1\r\nHost: ${server.url.host}\r\n\r\n`;
    let most = 0;
    for (let round = 0; round < 60; round += 1) {
      connection.socket.write(request.repeat(20));
      await pace(2);
      most = Math.max(most, sockets.queuedBytes);
    }
    api.close();
    return most;
  }

  test.each(clientTransports.filter(({ streaming }) => !streaming))(
    "a client that polls by $name and never reads has only a few answers waiting",
    async ({ name }) => {
      const most = await askOn((session, epoch) => `/transports/${name}?session=${session}&after=${epoch}-1&hold=0`);
      expect(most).toBeLessThan(8 * batchBytes);
    },
  );

  test("a client that asks for history and never reads has only a few pages waiting", async () => {
    const most = await askOn((session, epoch) => `/api/history?session=${session}&before=${epoch}-400&limit=500`);
    expect(most).toBeLessThan(8 * batchBytes);
  });
});

test("the server stops reading from a WebSocket that sends commands and never reads its replies", async () => {
  const api = new Api(server.url);
  const { session } = await api.openSession(freshRoom());
  using socket = await RawWebSocket.open(server.url, `/transports/websocket?session=${session}`);
  socket.connection.socket.pause();
  // Each command is refused, so that the server sends replies and no events.
  const frame = clientFrame(Buffer.from(JSON.stringify({ type: "say", id: "c".repeat(60), text: "" })));
  let most = 0;
  for (let round = 0; round < 200; round += 1) {
    socket.sendBytes(Buffer.concat(Array.from({ length: 200 }, () => frame)));
    await pace(2);
    most = Math.max(most, sockets.queuedBytes);
  }
  expect(most).toBeLessThan(batchBytes);
  api.close();
});
