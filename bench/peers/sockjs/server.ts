/**
 * SockJS. It has no rooms, so the application keeps its connections and writes to each: `conn.write`, as in its README.
 * Publishers have a prefix of their own, or every broadcast would go to one connection more than there are readers.
 */
import { createServer } from "node:http";
import { type Connection, createServer as createSockJs } from "sockjs";
import { messageEvent } from "../../floors/event.ts";
import { serve } from "../../floors/serve.ts";
import { textOf } from "../say.ts";

const OPTIONS = {
  log: () => {},
  // A stream that ends after the default 128 KiB would measure reconnecting.
  response_limit: Number.MAX_SAFE_INTEGER,
  // A poller that is not back after the default 5 s has lost its session, and what is waiting in it.
  disconnect_delay: 10_000,
};

const room = new Set<Connection>();

function broadcast(command: string): void {
  const event = messageEvent(textOf(command));
  for (const reader of room) reader.write(event);
}

const readers = createSockJs(OPTIONS);
readers.on("connection", (reader) => {
  room.add(reader);
  reader.on("data", broadcast);
  reader.on("close", () => room.delete(reader));
});

const publishers = createSockJs(OPTIONS);
publishers.on("connection", (publisher) => publisher.on("data", broadcast));

const server = createServer({ keepAliveTimeout: 75_000 });
readers.installHandlers(server, { prefix: "/s" });
publishers.installHandlers(server, { prefix: "/publish" });
serve(server);
