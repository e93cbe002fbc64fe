/**
 * The floor of every stream: a bare TCP server that makes one buffer per message and writes it to each socket.
 * There is no protocol: a connection that sends a line is the publisher, every other one is a reader.
 */
import { createServer, type Socket } from "node:net";
import { messageEvent, onLine, serve } from "./serve.ts";

const readers = new Set<Socket>();

serve(
  createServer({ noDelay: true }, (socket) => {
    readers.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => readers.delete(socket));
    onLine(socket, (text) => {
      readers.delete(socket);
      const shared = Buffer.from(messageEvent(text));
      for (const reader of readers) reader.write(shared);
    });
  }),
);
