/** A message of the log, or an own one in flight, with a badge that shows how it travelled. */
import type { ComponentChildren } from "preact";
import type { Message } from "../../src/protocol/events.ts";
import { duration, fullTime, timeOfDay } from "../model/format.ts";
import type { Pending } from "../model/outbox.ts";
import type { Arrival, EventEntry } from "../model/timeline.ts";
import { Avatar } from "./avatar.tsx";
import { memo } from "./components.ts";
import { titleIn, useRoom } from "./context.ts";
import { Icon } from "./icons.tsx";
import { MessageText } from "./message-text.tsx";
import { styleOf, TransportIcon } from "./transports.tsx";

interface MessageProps {
  readonly row: string;
  readonly entry: EventEntry;
  readonly head: boolean;
  readonly own: boolean;
  readonly tag: string | null;
}

/** A message of the room's log. */
export const MessageLine = memo<MessageProps>(({ row, entry: { event, arrival }, head, own, tag }) => {
  if (event.type !== "message") return null;
  return (
    <Line
      row={row}
      author={event.from.name}
      at={event.at}
      text={event.text}
      head={head}
      own={own}
      tag={tag}
      aside={<Badge message={event} arrival={arrival} own={own} />}
    />
  );
});

interface PendingProps {
  readonly row: string;
  readonly pending: Pending;
  readonly head: boolean;
  readonly me: string;
}

const PROGRESS = { sending: "sending", sent: "sent", failed: "not sent" } as const;
const PROGRESS_ICONS = { sending: "clock", sent: "tick", failed: "warning" } as const;

/** An own message that is in flight, or that failed. */
export function PendingLine({ row, pending: { id, text, at, state }, head, me }: PendingProps) {
  const room = useRoom();
  const waiting = state.kind === "sending" && room.state.value.kind !== "live";
  return (
    <Line
      row={row}
      author={me}
      at={at}
      text={text}
      head={head}
      own={true}
      tag={null}
      look={state.kind}
      aside={
        <span class={`badge progress-${state.kind}`}>
          <Icon name={PROGRESS_ICONS[state.kind]} />
          {waiting ? "waiting for the connection" : PROGRESS[state.kind]}
        </span>
      }
    >
      {state.kind === "failed" && (
        <p class="failure">
          <span>{state.why}</span>
          <button type="button" class="link" onClick={() => room.outbox.retry(id)}>
            Try again
          </button>
          <button type="button" class="link" onClick={() => room.outbox.discard(id)}>
            Discard
          </button>
        </p>
      )}
    </Line>
  );
}

interface LineProps {
  readonly row: string;
  readonly author: string;
  /** In ms since 1970. */
  readonly at: number;
  readonly text: string;
  /** The first message of its author's group, which shows the name and the time. */
  readonly head: boolean;
  readonly own: boolean;
  /** Distinguishes the author from others of the same name; null if the name is unique. */
  readonly tag: string | null;
  /** Further CSS classes. */
  readonly look?: string;
  /** Shown at the end of the line. */
  readonly aside: ComponentChildren;
  readonly children?: ComponentChildren;
}

function Line({ row, author, at, text, head, own, tag, look = "", aside, children }: LineProps) {
  return (
    <li class={`message ${head ? "head" : "more"} ${look}`} data-row={row}>
      {head ? (
        <Avatar name={author} />
      ) : (
        <span class="gutter">
          <Time at={at} />
        </span>
      )}
      <div class="said">
        {head ? (
          <p class="who">
            <bdi>{author}</bdi>
            {own && <span class="you">you</span>}
            {tag !== null && <span class="tag">{tag}</span>}
            <Time at={at} />
          </p>
        ) : (
          <span class="sr">
            {author}
            {tag !== null && ` ${tag}`}:{" "}
          </span>
        )}
        <MessageText text={text} />
        {children}
      </div>
      {aside}
    </li>
  );
}

/** Shows the time of day, with the full time as its title. */
function Time({ at }: { readonly at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {timeOfDay(at)}
    </time>
  );
}

interface BadgeProps {
  readonly message: Message;
  readonly arrival: Arrival | null;
  readonly own: boolean;
}

/**
 * Shows how a message travelled: the sender's transport and, if it is another one, the transport it arrived over. The
 * time next to the last icon is the latency.
 */
function Badge({ message, arrival, own }: BadgeProps) {
  const room = useRoom();
  const took = arrival?.latencyMs == null ? null : duration(arrival.latencyMs, own);
  const sent =
    message.via === undefined
      ? "Sent by POST while the sender was not reading"
      : `Sent over ${titleIn(room, message.via)}`;
  const arrived =
    arrival === null
      ? "loaded from the room's history"
      : `arrived over ${titleIn(room, arrival.by)}${took === null ? ", replayed" : ` in ${took}`}`;
  const other = took === null || arrival === null || arrival.by === message.via ? null : arrival.by;
  return (
    <span class="badge" title={`${sent}, ${arrived}.`}>
      <span class={`leg ${styleOf(message.via).tone}`} aria-hidden="true">
        <TransportIcon transport={message.via} />
        {other === null && took}
      </span>
      {other !== null && (
        <>
          <span class="then" aria-hidden="true">
            ›
          </span>
          <span class={`leg ${styleOf(other).tone}`} aria-hidden="true">
            <TransportIcon transport={other} />
            {took}
          </span>
        </>
      )}
      <span class="sr">{`${sent}, ${arrived}.`}</span>
    </span>
  );
}
