import type { ComponentChildren } from "preact";
import type { MemberId } from "../../src/protocol/ids.ts";
import { tagOf } from "../model/people.ts";
import type { Row } from "../model/rows.ts";
import { useRoom } from "./context.ts";
import { Guard } from "./guard.tsx";
import { MessageLine } from "./message.tsx";
import { DayLine, NoteLine, PresenceLine, UnreadLine } from "./notes.tsx";
import { PendingLine } from "./pending.tsx";

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

/** A line that can't be drawn says so, and the others stand. */
function Broken({ row }: { readonly row: string }) {
  return (
    <li class="note" data-row={row}>
      <span>This line can't be shown in your browser.</span>
    </li>
  );
}

/** The lines of the list. */
export function Rows({ rows }: { readonly rows: readonly Row[] }) {
  const room = useRoom();
  const viewer = { selves: room.feed.selves.value, name: room.as, shared: room.sharedNames.value };
  return (
    <ol class="rows">
      {rows.map((row) => (
        <Guard key={row.key} instead={<Broken row={row.key} />}>
          {draw(row, viewer)}
        </Guard>
      ))}
    </ol>
  );
}
