/**
 * SockJS. It has no rooms, so the application keeps its connections and writes to each: `conn.write`, as in its README.
 * Publishers have a prefix of their own; else every broadcast would also go to the publisher.
 */
import { createServer } from "node:http";
import { type Connection, createServer as createSockJs } from "sockjs";
import { messageEvent, serve } from "../floors/serve.ts";
import { textOf } from "../generator/stamp.ts";

const OPTIONS = {
  log: () => {},
  // With the default, a stream ends after 128 KiB and reconnecting would be measured.
  response_limit: Number.MAX_SAFE_INTEGER,
  // With the default, a poller that is away for 5 s loses its session and the messages waiting in it.
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

// Longer than the pauses between a client's requests, in which Node's default of 5 s would close its connection.
const server = createServer({ keepAliveTimeout: 75_000 });
readers.installHandlers(server, { prefix: "/s" });
publishers.installHandlers(server, { prefix: "/publish" });
serve(server);
