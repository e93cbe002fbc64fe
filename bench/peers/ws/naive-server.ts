/** What most people write first: `ws`, and a loop that sends the same string to every client. */
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { messageEvent } from "../../floors/event.ts";
import { serve } from "../../floors/serve.ts";
import { textOf } from "../say.ts";

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on("connection", (socket) => {
  socket.on("error", () => socket.terminate());
  socket.on("message", (data) => {
    const event = messageEvent(textOf(String(data)));
    for (const client of sockets.clients) client.send(event);
  });
});
serve(server);
