import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { openStream, openWebSocketStream, type StreamAsk } from "../../bench/generator/stream.ts";

const UPGRADED = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

/** A server that writes these bytes in one piece to whoever connects, and keeps the connection. */
async function serverWriting(bytes: Buffer): Promise<URL> {
  const server = createServer((socket) => {
    endings.push(() => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.write(bytes));
  });
  endings.push(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
  return new URL(`http://127.0.0.1:${address.port}/`);
}

/** What a stream tells, in its order, up to its end. */
async function toldBy(open: typeof openWebSocketStream, bytes: Buffer): Promise<string[]> {
  const url = await serverWriting(bytes);
  const told: string[] = [];
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const ask: Omit<StreamAsk, "status"> = {
    url,
    request: "GET / HTTP/1.1\r\n\r\n",
    opened: () => told.push("opened"),
    broke: (why) => {
      told.push(why);
      resolve();
    },
    take: (chunk) => told.push(`took ${chunk.toString("latin1")}`),
  };
  const socket = open(ask);
  endings.push(socket.close);
  await over;
  return told;
}

describe("a stream", () => {
  it("is refused by any other status, and takes nothing of that answer", async () => {
    const bytes = Buffer.from("HTTP/1.1 503 Service Unavailable\r\n\r\nlater");
    const told = await toldBy((ask) => openStream({ ...ask, status: 200 }), bytes);
    expect(told).toEqual(["it was answered 503 instead of 200"]);
  });
});

describe("a WebSocket's stream", () => {
  it("takes what came before a close frame before it breaks: else its reader's place would be behind what it counted", async () => {
    const message = Buffer.from([0x81, 2, 0x68, 0x69]);
    const close = Buffer.from([0x88, 2, 0x11, 0x38]);
    const told = await toldBy(openWebSocketStream, Buffer.concat([Buffer.from(UPGRADED), message, close]));
    expect(told.map((each) => each.slice(0, 4))).toEqual(["open", "took", "the "]);
    expect(told.at(-1)).toBe("the server closed the WebSocket");
  });
});
