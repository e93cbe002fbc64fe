/**
 * Socket.IO as in its documentation: every connection joins a room, `io.to(room).emit` broadcasts. Arguments: the only
 * transport it offers; the milliseconds between pings and until an unanswered ping ends the connection, for tests; and an
 * adapter with the port of its Redis, for several servers.
 */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { messageEvent, serve } from "../floors/serve.ts";

const [transport, pingInterval = "25000", pingTimeout = "20000", adapter, redisPort] = process.argv.slice(2);
if (transport !== "websocket" && transport !== "polling") {
  throw new RangeError(
    "usage: socket-io-server.ts websocket|polling [ping interval in ms] [ping timeout in ms] [streams|sharded PORT]",
  );
}

const server = createServer();
const io = new Server(server, {
  transports: [transport],
  pingInterval: Number(pingInterval),
  pingTimeout: Number(pingTimeout),
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  ...(await onRedis()),
});

// The documentation advises to drop the first request to save memory. https://socket.io/docs/v4/memory-usage/
io.engine.on("connection", (connection: { request: unknown }) => {
  connection.request = null;
});

io.on("connection", (socket) => {
  void socket.join("room");
  socket.on("say", ({ text }: { text: string }, acknowledge?: () => void) => {
    // Socket.IO serializes once per broadcast: pass the object, since it would quote a string.
    io.to("room").emit("message", JSON.parse(messageEvent(text)));
    acknowledge?.();
  });
});
serve(server);

/** Returns the options of a server that shares its rooms with others through Redis. */
async function onRedis() {
  if (adapter === undefined) return {};
  const { Redis } = await import("ioredis");
  const redis = new Redis(Number(redisPort), "127.0.0.1");
  // It reconnects by itself. Without a listener it would print each error.
  redis.on("error", () => {});
  if (adapter === "streams") {
    // https://socket.io/docs/v4/redis-streams-adapter/ and https://socket.io/docs/v4/connection-state-recovery
    const { createAdapter } = await import("@socket.io/redis-streams-adapter");
    return { adapter: createAdapter(redis), connectionStateRecovery: {} };
  }
  // https://socket.io/docs/v4/redis-adapter/ recommends the sharded adapter, and ioredis for subscriptions that survive.
  const { createShardedAdapter } = await import("@socket.io/redis-adapter");
  const subscriber = redis.duplicate();
  subscriber.on("error", () => {});
  return { adapter: createShardedAdapter(redis, subscriber) };
}
