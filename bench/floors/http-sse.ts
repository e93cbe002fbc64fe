/** Server-Sent Events as most people first write them: `node:http`, and a loop of `response.write` over all clients. */
import { createServer, type ServerResponse } from "node:http";
import { messageEvent, onLine, serve } from "./serve.ts";

const clients = new Set<ServerResponse>();

const server = createServer((_request, response) => {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.flushHeaders();
  clients.add(response);
  response.on("close", () => clients.delete(response));
});

let id = 0;
// The publisher's connection, on which each line is a message.
server.on("upgrade", (_request, socket) => {
  socket.on("error", () => socket.destroy());
  onLine(socket, (text) => {
    id += 1;
    const event = `id: ${id}\ndata: ${messageEvent(text)}\n\n`;
    for (const client of clients) client.write(event);
  });
});
serve(server);
