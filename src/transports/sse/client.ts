import { createParser, type EventSourceMessage } from "eventsource-parser";
import { ProtocolError } from "../../protocol/errors.ts";
import { badAnswer, type ClientTransport } from "../contract.ts";
import { lifetimeWithin } from "../shared/client/async.ts";
import { asLinkError, bodyOf, postCommand, readerOf, refusalOf, request } from "../shared/client/http.ts";
import { isDownEvent, parseJson } from "../shared/client/incoming.ts";
import { runLink } from "../shared/client/run-link.ts";

const name = "sse";
/** Several times the largest event there can be: beyond it the stream is not ours. */
const MAX_EVENT_CHARACTERS = 1_048_576;
/** RFC 9110, section 8.3.1: case does not matter, and parameters may follow. */
const EVENT_STREAM = /^text\/event-stream[ \t]*(;|$)/i;

/**
 * Yields the events of a body in the event-stream format (WHATWG HTML, section 9.2), however its bytes were cut.
 * Throws LinkError when it is cut off, or when it holds an event too large to be ours.
 */
export async function* eventsOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
): AsyncGenerator<EventSourceMessage> {
  // A byte order mark is the parser's to take away, or a second one would go with it.
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
  const reader = readerOf(body, signal);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* events.splice(0);
    }
  } catch (cause) {
    throw asLinkError(cause, "The event stream was cut off.");
  }
}

/** Server-Sent Events, read with fetch: unlike EventSource it shows the status and leaves reconnecting to its owner. */
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
          // 204 is the only answer at which a native EventSource stops for good, so the server refuses with it here.
          if (response.status === 204) throw new ProtocolError("superseded");
          if (!response.ok) throw refusalOf(response, await bodyOf(response, lifetime.signal), platform);
          if (response.body === null || !EVENT_STREAM.test(response.headers.get("content-type") ?? "")) {
            throw badAnswer("The answer is not an event stream");
          }
          for await (const { data } of eventsOf(response.body, lifetime.signal)) {
            const event = parseJson(data);
            if (!isDownEvent(event)) continue;
            sink.emit(event);
            // Nothing counts after it, even if it came in the same piece.
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
