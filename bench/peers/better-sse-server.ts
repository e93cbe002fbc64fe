/** better-sse: a session per reader, all in one channel. A POST publishes. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { createChannel, createSession } from "better-sse";
import { messageEvent, serve } from "../floors/serve.ts";
import { textOf } from "../generator/stamp.ts";

const channel = createChannel();
let events = 0;

const OPTIONS = {
  // The event is one line of JSON already. The defaults would quote it, once per session.
  serializer: String,
  sanitizer: (line: string) => line,
  // The same interval as Skyrocket's heartbeat, so that idle connections cost the same writes.
  keepAlive: 15_000,
};

serve(
  // A publisher connects before its first request, and may be idle for over a minute. With Node's default timeouts its
  // connection would be closed as a slow request.
  createServer({ headersTimeout: 0, requestTimeout: 0 }, async (request, response) => {
    if (request.method === "GET") {
      channel.register(await createSession(request, response, OPTIONS));
      return;
    }
    const message = messageEvent(textOf(await text(request)));
    events += 1;
    channel.broadcast(message, "message", { eventId: String(events) });
    response.writeHead(204).end();
  }),
);
