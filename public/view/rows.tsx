import type { VNode } from "preact";
import type { MemberId } from "../../src/protocol/ids.ts";
import type { Row } from "../model/rows.ts";
import { useRoom } from "./context.ts";
import { MessageLine } from "./message.tsx";
import { DayLine, NoteLine, PresenceLine, UnreadLine } from "./notes.tsx";
import { PendingLine } from "./pending.tsx";

interface Viewer {
  readonly id: MemberId | null;
  readonly name: string;
}

function draw(row: Row, { id, name }: Viewer): VNode {
  switch (row.kind) {
    case "day":
      return <DayLine key={row.key} row={row.key} at={row.at} />;
    case "unread":
      return <UnreadLine key={row.key} row={row.key} />;
    case "message": {
      const own = row.entry.event.type === "message" && row.entry.event.from.id === id;
      return <MessageLine key={row.key} row={row.key} entry={row.entry} head={row.head} own={own} />;
    }
    case "pending":
      return <PendingLine key={row.key} row={row.key} pending={row.pending} head={row.head} me={name} />;
    case "presence":
      return <PresenceLine key={row.key} row={row.key} joined={row.joined} left={row.left} visited={row.visited} />;
    case "note":
      return <NoteLine key={row.key} row={row.key} note={row.note} />;
  }
}

/** The lines of the list. */
export function Rows({ rows }: { readonly rows: readonly Row[] }) {
  const room = useRoom();
  const viewer = { id: room.feed.me.value, name: room.as };
  return <ol class="rows">{rows.map((row) => draw(row, viewer))}</ol>;
}
