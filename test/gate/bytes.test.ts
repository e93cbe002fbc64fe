import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Session } from "../../src/protocol/http.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { asCommandId } from "../support/cast.ts";
import { freshRoom, say } from "../support/ids.ts";
import { RawConnection, UPGRADE } from "../support/raw-http.ts";
import { until } from "../support/wait.ts";

/** Length of an event's JSON at which the targets are set. */
const PAYLOAD = 142;

/**
 * Bytes on the wire for one event beside its JSON: what they are, and the most the project allows. Who has to change
 * the first number has changed the wire.
 */
const OVERHEAD: Readonly<Record<string, { readonly exactly: number; readonly atMost: number }>> = {
  // A frame's head, whose length takes two bytes from 126 on.
  websocket: { exactly: 4, atMost: 4 },
  // "id: <epoch>-<seq>", "data: " and three line breaks; an epoch has 8 characters, the seq here one.
  sse: { exactly: 23, atMost: 30 },
  // The whole answer: status line, five headers, and the brackets of the array.
  "long-polling": { exactly: 169, atMost: 190 },
  "short-polling": { exactly: 169, atMost: 190 },
};

let server: RunningServer;
let api: Api;
beforeEach(async () => {
  server = await startServer({ rateLimit: false, settings: { heartbeatMs: 600_000, lingerMs: 600_000 } });
  api = new Api(server.url);
});
afterEach(() => server.close());

/** Says `text`; resolves to the JSON of the event it became. */
async function speak({ session }: Session, id: string, text: string): Promise<string> {
  await api.execute(session, say(text, asCommandId(id)));
  const { events } = await api.history(session, (await api.current(session)).cursor, 1);
  return JSON.stringify(events[0]);
}

/** Says two texts whose events have `PAYLOAD` bytes of JSON each. */
async function speakTwice(speaker: Session): Promise<readonly [string, string]> {
  const room = PAYLOAD - (await speak(speaker, "c0", "x")).length + 1;
  const pair = [await speak(speaker, "c1", "a".repeat(room)), await speak(speaker, "c2", "b".repeat(room))] as const;
  expect(pair.map((json) => Buffer.byteLength(json))).toEqual([PAYLOAD, PAYLOAD]);
  return pair;
}

describe.each(clientTransports)("$name", ({ name, duplex, streaming }) => {
  test(`an event of ${PAYLOAD} bytes has exactly the expected overhead`, async () => {
    const bounds = OVERHEAD[name];
    if (bounds === undefined) throw new Error(`say in OVERHEAD what an event may cost by ${name}`);
    const room = freshRoom();
    const speaker = await api.openSession(room, "Ada");
    const reader = await api.openSession(room, "Bob");
    using connection = await RawConnection.open(server.url);
    const ask = (after: string): void => {
      const headers = Object.entries({ host: server.url.host, ...(duplex ? UPGRADE : {}) });
      const lines = headers.map(([field, value]) => `${field}: ${value}\r\n`);
      const path = `/transports/${name}?session=${reader.session}&after=${after}`;
      connection.socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    };
    if (streaming) {
      ask(reader.cursor);
      await until("the reader to be live", () => connection.text.includes('"live"'));
    }
    const [first, second] = await speakTwice(speaker);
    let overhead: number;
    if (streaming) {
      await until("both events", () => connection.text.includes(first) && connection.text.includes(second));
      // From one event's JSON to the next: what ends the one and begins the other.
      overhead = connection.text.indexOf(second) - connection.text.indexOf(first) - PAYLOAD;
    } else {
      const { cursor } = await api.current(speaker.session);
      ask(cursor.replace(/\d+$/, (seq) => String(Number(seq) - 1)));
      await until("the whole answer", () => connection.text.endsWith(`[${second}]`));
      overhead = connection.bytes.length - PAYLOAD;
    }
    expect(overhead).toBe(bounds.exactly);
    expect(overhead).toBeLessThanOrEqual(bounds.atMost);
  });
});
