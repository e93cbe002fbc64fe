import type { Message } from "../../src/protocol/events.ts";
import { duration } from "../model/format.ts";
import type { Heard } from "../model/timeline.ts";
import { titleIn, useRoom } from "./context.ts";
import { Glyph } from "./sign.tsx";
import { signOf } from "./signs.ts";

interface Props {
  readonly message: Message;
  readonly heard: Heard | null;
  readonly own: boolean;
}

/**
 * How a message came: the sign of the transport its sender reads by and, where that is another one, of the transport
 * it came here by, to which the time belongs.
 */
export function Badge({ message, heard, own }: Props) {
  const room = useRoom();
  const took = heard?.latencyMs == null ? null : duration(heard.latencyMs, own);
  const sent = message.via === undefined ? "Sent without a connection" : `Sent over ${titleIn(room, message.via)}`;
  const came =
    heard === null
      ? "loaded from the room's history"
      : `arrived over ${titleIn(room, heard.by)}${took === null ? ", replayed" : ` in ${took}`}`;
  const by = took === null || heard === null || heard.by === message.via ? null : heard.by;
  return (
    <span class="badge" title={`${sent}, ${came}.`}>
      <span class={`leg ${signOf(message.via).tone}`} aria-hidden="true">
        <Glyph transport={message.via} />
        {by === null && took}
      </span>
      {by !== null && (
        <>
          <span class="then" aria-hidden="true">
            ›
          </span>
          <span class={`leg ${signOf(by).tone}`} aria-hidden="true">
            <Glyph transport={by} />
            {took}
          </span>
        </>
      )}
      <span class="sr">{`${sent}, ${came}.`}</span>
    </span>
  );
}
