import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { addressOf } from "../model/address.ts";
import { useRoom } from "./context.ts";
import { Icon } from "./icon.tsx";

const SHOWN_MS = 2_500;

/** Puts a text on the clipboard; false: this browser does not let the page. */
async function copyText(text: string): Promise<boolean> {
  // Absent without a secure context: on a plain HTTP address of the local network.
  const clipboard: Clipboard | undefined = navigator.clipboard;
  try {
    if (clipboard !== undefined) {
      await clipboard.writeText(text);
      return true;
    }
  } catch {
    // It may be forbidden all the same; the older way asks for no permission.
  }
  const back = document.activeElement;
  const field = document.createElement("textarea");
  field.className = "sr";
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (back instanceof HTMLElement) back.focus();
  return copied;
}

/** Copies the room's link. Where the clipboard is closed to the page, the link is shown to be copied by hand. */
export function Share() {
  const { name, key } = useRoom();
  const told = useSignal<"no" | "copied" | "by hand">("no");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const link = addressOf(name, location.href, key);
  const label = key === "" ? "Copy the link to this room" : "Copy the link to this room, with its key";

  const copy = async (): Promise<void> => {
    if (!(await copyText(link))) {
      told.value = "by hand";
      return;
    }
    told.value = "copied";
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      told.value = "no";
    }, SHOWN_MS);
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
        <Icon name={told.value === "copied" ? "tick" : "link"} />
      </button>
      <span class="share-said" role="status">
        {told.value === "copied" && (key === "" ? "Link copied" : "Link copied, with the key")}
      </span>
      {told.value === "by hand" && (
        <input
          class="share-link"
          readOnly
          value={link}
          ref={(input) => input?.select()}
          aria-label="Link to this room"
          onFocus={(event) => event.currentTarget.select()}
          onBlur={() => {
            told.value = "no";
          }}
        />
      )}
    </>
  );
}
