import type { ReadonlySignal } from "@preact/signals";
import { count, dayName, names } from "../model/format.ts";
import type { Tally } from "../model/ledger.ts";
import { namesIn } from "../model/rows.ts";
import type { NoteEntry } from "../model/timeline.ts";
import { titleIn, useRoom } from "./context.ts";
import { memo } from "./memo.ts";
import { Pill } from "./sign.tsx";

/** A day begins here. Not kept from one drawing to the next: at midnight today becomes yesterday. */
export function DayLine({ row, at }: { readonly row: string; readonly at: number }) {
  return (
    <li class="day" data-row={row}>
      <span>{dayName(at, useRoom().today.value)}</span>
    </li>
  );
}

/** Above the first message that was not seen yet. */
export function UnreadLine({ row }: { readonly row: string }) {
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

/** Comings and goings that followed one another, in one sentence. */
export const PresenceLine = memo<PresenceProps>(({ row, joined, left, visited }) => {
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

/** The true count of a switch; it goes on counting until the next one. */
function Count({ tally }: { readonly tally: ReadonlySignal<Tally> }) {
  const { lost, duplicated, reordered, unknown } = tally.value;
  const clean = lost === 0 && duplicated === 0 && reordered === 0 && !unknown;
  return (
    <span class={clean ? "clean" : "unclean"}>
      {unknown ? "some messages" : lost} lost, {duplicated} duplicated
      {reordered === 0 ? "" : `, ${reordered} out of order`}
    </span>
  );
}

export function NoteLine({ row, note }: { readonly row: string; readonly note: NoteEntry }) {
  const room = useRoom();
  switch (note.kind) {
    case "switch":
      return (
        <li class="note" data-row={row}>
          <Pill transport={note.from} title={titleIn(room, note.from)} />
          <span aria-hidden="true">→</span>
          <span class="sr">to</span>
          <Pill transport={note.to} title={titleIn(room, note.to)} />
          <span>
            {note.asked ? "you switched" : "switched automatically"} · <Count tally={note.tally} />
          </span>
        </li>
      );
    case "gap":
      return (
        <li class="note gap" data-row={row}>
          <span>
            {note.missed === null
              ? "Some messages were lost: the server started over."
              : `${count(note.missed, "event")} lost: the server no longer has them.`}
          </span>
        </li>
      );
  }
}
