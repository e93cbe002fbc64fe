import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { count } from "../model/format.ts";
import { useRoom } from "./context.ts";
import { takesFocus } from "./focus.ts";
import { Icon } from "./icon.tsx";
import { LabLink } from "./lab-link.tsx";
import { Mark } from "./mark.tsx";
import { PeopleSheet } from "./people-sheet.tsx";
import { Share } from "./share.tsx";
import { StatusLine } from "./status-line.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";

/** Where one is, what the connection is doing, and what can be set. */
export function RoomHeader({ onLeave }: { readonly onLeave: () => void }) {
  const room = useRoom();
  const sheet = useSignal(false);
  const title = useRef<HTMLHeadingElement>(null);
  // A screen reader goes on from here where the composer does not take the focus.
  useLayoutEffect(() => {
    if (!takesFocus()) title.current?.focus();
  }, []);
  const people = room.feed.people.value.count;
  return (
    <header class="top">
      <Mark />
      <div class="where">
        <h1 ref={title} tabIndex={-1}>
          #{room.name}
        </h1>
        {room.key !== "" && (
          <span class="private" title="Private: only this room's key opens it">
            <Icon name="lock" />
            <span class="sr">Private room</span>
          </span>
        )}
        <Share />
      </div>
      <StatusLine />
      <button
        type="button"
        class="icon-button people-button"
        aria-haspopup="dialog"
        aria-label={count(people, "person", "people")}
        onClick={() => {
          sheet.value = true;
        }}
      >
        <Icon name="people" />
        <span aria-hidden="true">{people.toLocaleString()}</span>
      </button>
      <LabLink />
      <ThemeToggle />
      {sheet.value && (
        <PeopleSheet
          onLeave={onLeave}
          onClose={() => {
            sheet.value = false;
          }}
        />
      )}
    </header>
  );
}
