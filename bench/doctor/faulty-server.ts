import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { messageEvent } from "../floors/event.ts";
import { onLine } from "../floors/serve.ts";

/** What becomes of the `count`-th delivery (from 1 on), as the messages that are written in its place. */
export type Fault = (message: string, count: number) => readonly string[];

export interface FaultyServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The broadcasting server of the `net` floor, in this process, with a fault built in: what the harness is tested with. */
export async function startFaultyServer(fault: Fault): Promise<FaultyServer> {
  const readers = new Set<Socket>();
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    readers.add(socket);
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    onLine(socket, (text) => {
      readers.delete(socket);
      const message = messageEvent(text);
      for (const reader of readers) {
        count += 1;
        for (const written of fault(message, count)) reader.write(written);
      }
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
