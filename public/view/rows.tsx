/** The rows of the message list: messages, day lines, presence, and notes about the connection. */
import type { ReadonlySignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { MemberId } from "../../src/protocol/ids.ts";
import { count, dayName, names } from "../model/format.ts";
import type { Tally } from "../model/ledger.ts";
import { tagOf } from "../model/people.ts";
import { namesIn, type Row } from "../model/rows.ts";
import type { NoteEntry } from "../model/timeline.ts";
import { ErrorBoundary, memo } from "./components.ts";
import { titleIn, useRoom } from "./context.ts";
import { MessageLine, PendingLine } from "./message.tsx";
import { TransportPill } from "./transports.tsx";

/** Renders the rows. A row that fails to render is replaced by a note. */
export function Rows({ rows }: { readonly rows: readonly Row[] }) {
  const room = useRoom();
  const viewer = { selves: room.feed.selves.value, name: room.ownName, shared: room.sharedNames.value };
  return (
    <ol class="rows">
      {rows.map((row) => (
        <ErrorBoundary key={row.key} fallback={<BrokenLine row={row.key} />}>
          {draw(row, viewer)}
        </ErrorBoundary>
      ))}
    </ol>
  );
}

interface Viewer {
  readonly selves: ReadonlySet<MemberId>;
  readonly name: string;
  readonly shared: ReadonlySet<string>;
}

function draw(row: Row, { selves, name, shared }: Viewer): ComponentChildren {
  switch (row.kind) {
    case "day":
      return <DayLine row={row.key} at={row.at} />;
    case "unread":
      return <UnreadLine row={row.key} />;
    case "message": {
      const { event } = row.entry;
      const own = event.type === "message" && selves.has(event.from.id);
      const tag = event.type === "message" && !own ? tagOf(event.from, shared) : null;
      return <MessageLine row={row.key} entry={row.entry} head={row.head} own={own} tag={tag} />;
    }
    case "pending":
      return <PendingLine row={row.key} pending={row.pending} head={row.head} me={name} />;
    case "presence":
      return <PresenceLine row={row.key} joined={row.joined} left={row.left} visited={row.visited} />;
    case "note":
      return <NoteLine row={row.key} note={row.note} />;
  }
}

function BrokenLine({ row }: { readonly row: string }) {
  return (
    <li class="note" data-row={row}>
      <span>This line can't be shown in your browser.</span>
    </li>
  );
}

/** The beginning of a day. Not memoized: at midnight today becomes yesterday. */
function DayLine({ row, at }: { readonly row: string; readonly at: number }) {
  return (
    <li class="day" data-row={row}>
      <span>{dayName(at, useRoom().today.value)}</span>
    </li>
  );
}

function UnreadLine({ row }: { readonly row: string }) {
  return (
    <li class="unread" data-row={row}>
      <span>New</span>
    </li>
  );
}

interface PresenceProps {
  readonly row: string;
  readonly joined: string;
  readonly left: string;
  readonly visited: string;
}

/** Consecutive joins and leaves, in one line. */
const PresenceLine = memo<PresenceProps>(({ row, joined, left, visited }) => {
  const sentences = [
    { who: namesIn(joined), did: "joined" },
    { who: namesIn(visited), did: "came and went" },
    { who: namesIn(left), did: "left" },
  ].filter(({ who }) => who.length > 0);
  return (
    <li class="note" data-row={row}>
      {sentences.map(({ who, did }) => (
        <span key={did} title={who.length > 3 ? who.join(", ") : undefined}>
          <bdi>{names(who)}</bdi> {did}
        </span>
      ))}
    </li>
  );
});

/** A switch of the transport, or events that were lost. */
function NoteLine({ row, note }: { readonly row: string; readonly note: NoteEntry }) {
  const room = useRoom();
  switch (note.kind) {
    case "switch":
      return (
        <li class="note" data-row={row}>
          <TransportPill transport={note.from} title={titleIn(room, note.from)} />
          <span aria-hidden="true">→</span>
          <span class="sr">to</span>
          <TransportPill transport={note.to} title={titleIn(room, note.to)} />
          <span>
            {note.requested ? "you switched" : "switched automatically"} · <SwitchTally tally={note.tally} />
          </span>
        </li>
      );
    case "gap":
      return (
        <li class="note gap" data-row={row}>
          <span>
            {note.missed === null
              ? "Some messages may be lost: the server started over."
              : `${count(note.missed, "event")} lost: the server no longer has them.`}
          </span>
        </li>
      );
  }
}

/** What a switch lost or duplicated. The count continues until the next switch. */
function SwitchTally({ tally }: { readonly tally: ReadonlySignal<Tally> }) {
  const { lost, duplicated, reordered, unknown } = tally.value;
  const clean = lost === 0 && duplicated === 0 && reordered === 0 && !unknown;
  return (
    <span class={clean ? "clean" : "unclean"}>
      {unknown ? "some messages" : lost} lost, {duplicated} duplicated
      {reordered === 0 ? "" : `, ${reordered} out of order`}
    </span>
  );
}
