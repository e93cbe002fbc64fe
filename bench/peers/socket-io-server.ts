/**
 * Socket.IO as in its documentation: every connection joins a room, `io.to(room).emit` broadcasts. Arguments: the only
 * transport it offers, and, for tests, the milliseconds between pings and until an unanswered ping ends the connection.
 */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { messageEvent, serve } from "../floors/serve.ts";

const [transport, pingInterval = "25000", pingTimeout = "20000"] = process.argv.slice(2);
if (transport !== "websocket" && transport !== "polling") {
  throw new RangeError("usage: socket-io-server.ts websocket|polling [ping interval in ms] [ping timeout in ms]");
}

const server = createServer();
const io = new Server(server, {
  transports: [transport],
  pingInterval: Number(pingInterval),
  pingTimeout: Number(pingTimeout),
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
});

// The documentation advises to drop the first request to save memory. https://socket.io/docs/v4/memory-usage/
io.engine.on("connection", (connection: { request: unknown }) => {
  connection.request = null;
});

io.on("connection", (socket) => {
  void socket.join("room");
  socket.on("say", ({ text }: { text: string }) => {
    // Socket.IO serializes once per broadcast: pass the object, since it would quote a string.
    io.to("room").emit("message", JSON.parse(messageEvent(text)));
  });
});
serve(server);
