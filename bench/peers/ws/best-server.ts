/**
 * The fastest that is known of `ws`: the frame is made once and the same buffer goes to every TCP socket, as in
 * https://github.com/hashrocket/websocket-shootout (js/ws); receiving, ping and close stay with `ws`.
 */
import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { messageEvent } from "../../floors/event.ts";
import { serve } from "../../floors/serve.ts";
import { textOf } from "../say.ts";
import { serverTextFrame } from "./frame.ts";

const server = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const clients = new Map<WebSocket, Duplex>();

function broadcast(text: string): void {
  const frame = serverTextFrame(messageEvent(text));
  for (const [client, stream] of clients) if (client.readyState === WebSocket.OPEN) stream.write(frame);
}

server.on("upgrade", (request, stream, head) => {
  sockets.handleUpgrade(request, stream, head, (client) => {
    clients.set(client, stream);
    client.on("close", () => clients.delete(client));
    client.on("error", () => client.terminate());
    client.on("message", (data) => broadcast(textOf(String(data))));
  });
});
serve(server);
