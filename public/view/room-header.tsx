import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { addressOf } from "../model/address.ts";
import { count } from "../model/format.ts";
import { takesFocus } from "./components.ts";
import { useRoom } from "./context.ts";
import { Icon, Logo } from "./icons.tsx";
import { LabLink } from "./lab-link.tsx";
import { PeopleSheet } from "./people.tsx";
import { StatusLine } from "./status-line.tsx";
import { ThemeToggle } from "./theme.tsx";

/** Shows the room's name, its link, the connection's status and the page's settings. */
export function RoomHeader({ onLeave }: { readonly onLeave: () => void }) {
  const room = useRoom();
  const sheet = useSignal(false);
  const title = useRef<HTMLHeadingElement>(null);
  // Where the composer doesn't take the focus, a screen reader continues from here.
  useLayoutEffect(() => {
    if (!takesFocus()) title.current?.focus();
  }, []);
  const people = room.feed.people.value.count;
  return (
    <header class="top">
      <Logo />
      <div class="where">
        <h1 ref={title} tabIndex={-1}>
          #{room.name}
        </h1>
        {room.key !== "" && (
          <span class="private" title="Private: you need the room's key to get in">
            <Icon name="lock" />
            <span class="sr">Private room</span>
          </span>
        )}
        <ShareButton />
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

const COPIED_MS = 2_500;

/** Copies the room's link. If the browser doesn't allow it, shows the link to be copied by hand. */
function ShareButton() {
  const { name, key, clock } = useRoom();
  const result = useSignal<"none" | "copied" | "by hand">("none");
  const cancel = useRef<(() => void) | null>(null);
  useEffect(() => () => cancel.current?.(), []);
  const link = addressOf(name, location.href, key);
  const label = key === "" ? "Copy the link to this room" : "Copy the link to this room, with its key";

  const copy = async (): Promise<void> => {
    if (!(await copyText(link))) {
      result.value = "by hand";
      return;
    }
    result.value = "copied";
    cancel.current?.();
    cancel.current = clock.after(COPIED_MS, () => {
      result.value = "none";
    });
  };

  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label={label}
        title={key === "" ? link : label}
        onClick={() => void copy()}
      >
        <Icon name={result.value === "copied" ? "tick" : "link"} />
      </button>
      <span class="share-said" role="status">
        {result.value === "copied" && (key === "" ? "Link copied" : "Link copied, with the key")}
      </span>
      {result.value === "by hand" && (
        <input
          class="share-link"
          readOnly
          value={link}
          ref={(input) => input?.select()}
          aria-label="Link to this room"
          onFocus={(event) => event.currentTarget.select()}
          onBlur={() => {
            result.value = "none";
          }}
        />
      )}
    </>
  );
}

/** Copies a text to the clipboard. Resolves with false if the browser doesn't allow it. */
async function copyText(text: string): Promise<boolean> {
  // Missing without a secure context: on a plain HTTP address of the local network.
  const clipboard: Clipboard | undefined = navigator.clipboard;
  try {
    if (clipboard !== undefined) {
      await clipboard.writeText(text);
      return true;
    }
  } catch {
    // Not permitted. The older way below needs no permission.
  }
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.className = "sr";
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
