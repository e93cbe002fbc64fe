import type { ComponentChildren } from "preact";
import type { EventEntry } from "../model/timeline.ts";
import { Avatar } from "./avatar.tsx";
import { Badge } from "./badge.tsx";
import { memo } from "./memo.ts";
import { Text } from "./text.tsx";
import { Time } from "./time.tsx";

interface LineProps {
  readonly row: string;
  readonly author: string;
  readonly at: number;
  readonly text: string;
  /** The first of its author's group: has the name and the time. */
  readonly head: boolean;
  readonly own: boolean;
  /** What tells the author from others of the same name; null: the name does. */
  readonly tag: string | null;
  /** Further CSS classes. */
  readonly look?: string;
  /** What stands at the end of the line. */
  readonly aside: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** One message of a group, sent or waiting. */
export function Line({ row, author, at, text, head, own, tag, look = "", aside, children }: LineProps) {
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
        <Text text={text} />
        {children}
      </div>
      {aside}
    </li>
  );
}

interface Props {
  readonly row: string;
  readonly entry: EventEntry;
  readonly head: boolean;
  readonly own: boolean;
  readonly tag: string | null;
}

/** A message of the room's log. */
export const MessageLine = memo<Props>(({ row, entry: { event, heard }, head, own, tag }) => {
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
      aside={<Badge message={event} heard={heard} own={own} />}
    />
  );
});
