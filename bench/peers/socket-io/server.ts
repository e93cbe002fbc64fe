/**
 * Socket.IO as its documentation has it: everyone joins a room, `io.to(room).emit` is the broadcast. Arguments: the one
 * transport it offers, and, for tests, milliseconds between its pings and until an unanswered one ends the connection.
 */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { messageEvent } from "../../floors/event.ts";
import { serve } from "../../floors/serve.ts";

const [transport, pingInterval = "25000", pingTimeout = "20000"] = process.argv.slice(2);
if (transport !== "websocket" && transport !== "polling") {
  throw new RangeError("usage: server.ts websocket|polling [ping interval in ms] [ping timeout in ms]");
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

// The documentation's advice on memory: the first request need not be kept. https://socket.io/docs/v4/memory-usage/
io.engine.on("connection", (connection: { request: unknown }) => {
  connection.request = null;
});

io.on("connection", (socket) => {
  void socket.join("room");
  socket.on("say", ({ text }: { text: string }) => {
    // Socket.IO makes the JSON itself, once per broadcast: it gets the object, not a string to be quoted.
    io.to("room").emit("message", JSON.parse(messageEvent(text)));
  });
});
serve(server);
