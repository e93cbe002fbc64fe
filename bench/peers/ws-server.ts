/** `ws` in two ways: `ws-server.ts naive` as most people first write it, `ws-server.ts best` as fast as it is known to be. */
import { createServer, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { messageEvent, serve } from "../floors/serve.ts";
import { serverTextFrame } from "../generator/frames.ts";
import { textOf } from "../generator/stamp.ts";

/** Sends the same string to every client in a loop. */
function naive(): Server {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    socket.on("error", () => socket.terminate());
    socket.on("message", (data) => {
      const event = messageEvent(textOf(String(data)));
      for (const client of sockets.clients) client.send(event);
    });
  });
  return server;
}

/**
 * Makes the frame once and writes the same buffer to every TCP socket, like js/ws of
 * https://github.com/hashrocket/websocket-shootout. Receiving, ping and close stay with `ws`.
 */
function best(): Server {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const clients = new Map<WebSocket, Duplex>();
  const broadcast = (text: string): void => {
    const frame = serverTextFrame(messageEvent(text));
    for (const [client, stream] of clients) if (client.readyState === WebSocket.OPEN) stream.write(frame);
  };
  server.on("upgrade", (request, stream, head) => {
    sockets.handleUpgrade(request, stream, head, (client) => {
      clients.set(client, stream);
      client.on("close", () => clients.delete(client));
      client.on("error", () => client.terminate());
      client.on("message", (data) => broadcast(textOf(String(data))));
    });
  });
  return server;
}

const [kind] = process.argv.slice(2);
if (kind !== "naive" && kind !== "best") throw new RangeError("usage: ws-server.ts naive|best");
serve(kind === "naive" ? naive() : best());
