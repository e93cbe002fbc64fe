import { createParser, type EventSourceMessage } from "eventsource-parser";
import { ProtocolError } from "../../protocol/errors.ts";
import { badAnswer, type ClientTransport } from "../contract.ts";
import { lifetimeWithin } from "../shared/client/async.ts";
import { bodyOf, eachChunk, postCommand, refusalOf, request } from "../shared/client/http.ts";
import { isDownEvent, parseJson } from "../shared/client/incoming.ts";
import { runLink } from "../shared/client/run-link.ts";

const name = "sse";
/** Several times the largest event. A larger one is not Skyrocket's. */
const MAX_EVENT_CHARACTERS = 1_048_576;
/** RFC 9110, section 8.3.1: case-insensitive, and parameters may follow. */
const EVENT_STREAM = /^text\/event-stream[ \t]*(;|$)/i;

/**
 * Yields the events of a body in the event-stream format (WHATWG HTML, section 9.2), wherever its chunks are split.
 * Throws LinkError if it is cut off, or if an event is too large to be Skyrocket's.
 */
export async function* eventsOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
): AsyncGenerator<EventSourceMessage> {
  // The parser removes a byte order mark. If the decoder did so too, a second one would be lost.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const events: EventSourceMessage[] = [];
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: (event) => events.push(event),
    onError({ type }) {
      if (type !== "max-buffer-size-exceeded") return;
      throw badAnswer("An event is too large to be Skyrocket's");
    },
  });
  for await (const chunk of eachChunk(body, signal)) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* events.splice(0);
  }
}

/** Server-Sent Events, read with fetch: unlike EventSource, it has the status and does not reconnect by itself. */
export const sse: ClientTransport = {
  name,
  title: "Server-Sent Events",
  duplex: false,
  streaming: true,
  supported: () => true,
  connect(attach, platform, signal) {
    const { base, session, after, reader } = attach;
    return runLink(
      signal,
      async (sink) => {
        const lifetime = lifetimeWithin(signal);
        try {
          const query = { reader: String(reader), ...(after === undefined ? {} : { after }) };
          const call = { base, session, path: `transports/${name}`, query, accept: "text/event-stream" };
          const response = await request(platform, call, lifetime.signal);
          // The server's refusal: 204 tells a native EventSource not to reconnect.
          if (response.status === 204) throw new ProtocolError("superseded");
          if (!response.ok) throw refusalOf(response, await bodyOf(response, lifetime.signal), platform);
          if (response.body === null || !EVENT_STREAM.test(response.headers.get("content-type") ?? "")) {
            throw badAnswer("The answer is not an event stream");
          }
          for await (const { data } of eventsOf(response.body, lifetime.signal)) {
            const event = parseJson(data);
            if (!isDownEvent(event)) continue;
            sink.emit(event);
            // Ignore everything after `bye`, even in the same chunk.
            if (event.type === "bye") return;
          }
        } finally {
          lifetime.end();
        }
      },
      (command) => postCommand(attach, platform, signal, command),
    );
  },
};
