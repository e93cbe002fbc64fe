import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { messageEvent } from "../../bench/floors/event.ts";
import { onLine } from "../../bench/floors/serve.ts";

/** The bare broadcasting server of the floor, which once stops reading from its publisher, as a server does that is stopped. */
export async function startStallingServer({ afterMessages, forMs }: { afterMessages: number; forMs: number }) {
  const readers = new Set<Socket>();
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    readers.add(socket);
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    onLine(socket, (text) => {
      readers.delete(socket);
      const event = messageEvent(text);
      for (const reader of readers) reader.write(event);
      count += 1;
      if (count !== afterMessages) return;
      socket.pause();
      setTimeout(() => socket.resume(), forMs);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
