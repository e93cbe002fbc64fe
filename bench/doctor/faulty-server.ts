import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { messageEvent, onLine } from "../floors/serve.ts";

/** Returns the messages to write instead of the `count`-th delivery, counted from 1. */
export type Fault = (message: string, count: number) => readonly string[];

/** After `afterMessages` messages the server stops reading from its publisher for `forMs`, like a suspended process. */
export interface Stall {
  readonly afterMessages: number;
  readonly forMs: number;
}

export interface FaultyServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a server in this process that broadcasts like `bench/floors/net.ts`, with a fault. It tests the harness. */
export async function startFaultyServer(fault: Fault, stall: Stall | null = null): Promise<FaultyServer> {
  const readers = new Set<Socket>();
  const sockets = new Set<Socket>();
  let messages = 0;
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
      messages += 1;
      if (messages !== stall?.afterMessages) return;
      socket.pause();
      setTimeout(() => socket.resume(), stall.forMs);
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
