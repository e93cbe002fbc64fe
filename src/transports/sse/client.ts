import { createParser } from "eventsource-parser";
import { ProtocolError } from "../../protocol/errors.ts";
import { type ClientTransport, LinkError } from "../contract.ts";
import { asLinkError, bodyOf, refusalOf, request } from "../shared/http.client.ts";
import { isDownEvent, parseJson } from "../shared/incoming.client.ts";
import { lifetimeWithin } from "../shared/lifetime.client.ts";
import { runLink } from "../shared/link.client.ts";
import { postCommand } from "../shared/post.client.ts";

const name = "sse";
/** Several times the largest event there can be: beyond it the stream is not ours. */
const MAX_EVENT_CHARACTERS = 1_048_576;

/** Yields the text of a body, whole characters only, however its bytes were cut. */
async function* textsOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    throw asLinkError(cause, "The event stream was cut off.");
  } finally {
    reader.cancel().catch(() => undefined);
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
          if (!response.ok) throw refusalOf(response, await bodyOf(response), platform);
          if (response.body === null || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
            throw new LinkError("The answer is not an event stream. Something in between may have replaced it.");
          }
          let ended = false;
          const parser = createParser({
            maxBufferSize: MAX_EVENT_CHARACTERS,
            onEvent({ data }) {
              const event = parseJson(data);
              // Nothing counts after `bye`, even if it came in the same piece.
              if (ended || !isDownEvent(event)) return;
              sink.emit(event);
              ended = event.type === "bye";
            },
          });
          for await (const text of textsOf(response.body)) {
            parser.feed(text);
            if (ended) return;
          }
        } finally {
          lifetime.end();
        }
      },
      (command) => postCommand(attach, platform, signal, command),
    );
  },
};
