/** better-sse: a session per reader, all in one channel; whoever posts is the publisher. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { createChannel, createSession } from "better-sse";
import { messageEvent } from "../../floors/event.ts";
import { serve } from "../../floors/serve.ts";
import { textOf } from "../say.ts";

const channel = createChannel();
let events = 0;

/** The event is one line of JSON already: better-sse's own default would quote it once per session. */
const AS_IT_IS = {
  serializer: String,
  sanitizer: (line: string) => line,
  // As often as Skyrocket's heartbeat, so that idle connections cost the same writes.
  keepAlive: 15_000,
};

serve(
  // The publisher of a minute without messages has opened its connection and asked nothing: not a slow request here.
  createServer({ headersTimeout: 0, requestTimeout: 0 }, async (request, response) => {
    if (request.method === "GET") {
      channel.register(await createSession(request, response, AS_IT_IS));
      return;
    }
    const message = messageEvent(textOf(await text(request)));
    events += 1;
    channel.broadcast(message, "message", { eventId: String(events) });
    response.writeHead(204).end();
  }),
);
