import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { createDraft } from "../model/draft.ts";
import { shortcodeAt } from "../model/emoji.ts";
import { COMPLETION_ID, Completion, offerId } from "./completion.tsx";
import { useRoom } from "./context.ts";
import { Counter } from "./counter.tsx";
import { EmojiPicker } from "./emoji-picker.tsx";
import { takesFocus } from "./focus.ts";
import { Icon } from "./icon.tsx";

/** What an input method answers to every key it takes, in place of the key's own number. */
const TAKEN_BY_INPUT_METHOD = 229;

/** Whether the key belongs to an input method. Safari ends the composition before it reports the Enter that did it. */
function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === TAKEN_BY_INPUT_METHOD;
}

/** Where one writes. Enter sends, Shift+Enter makes a new line, and neither while an input method is composing. */
export function Composer() {
  const room = useRoom();
  const draft = useMemo(() => createDraft(room.tab, room.name), [room]);
  const field = useRef<HTMLTextAreaElement>(null);
  const picking = useSignal(false);
  const caret = useSignal(0);
  const chosen = useSignal(0);
  const dismissed = useSignal(false);
  const shortcode = useComputed(() => (dismissed.value ? null : shortcodeAt(draft.text.value, caret.value)));

  useLayoutEffect(() => {
    if (takesFocus()) field.current?.focus();
  }, []);
  useSignalEffect(() => {
    const area = field.current;
    if (area === null || draft.text.value.length < 0) return;
    // Emptied first, or it would never shrink; the stylesheet caps it.
    area.style.height = "";
    area.style.height = `${area.scrollHeight}px`;
  });

  const look = (): void => {
    caret.value = field.current?.selectionStart ?? 0;
  };
  const change = (): void => {
    draft.set(field.current?.value ?? "");
    dismissed.value = false;
    chosen.value = 0;
    look();
    if (draft.sendable.value) room.typing();
  };
  const put = (text: string, from: number, to: number): void => {
    field.current?.focus();
    field.current?.setRangeText(text, from, to, "end");
    change();
  };
  const accept = (index: number): void => {
    const offer = shortcode.value;
    const emoji = offer?.matches[index];
    if (offer !== null && emoji !== undefined) put(`${emoji.char} `, offer.from, caret.value);
  };
  const send = (): void => {
    if (!draft.sendable.value) return;
    room.say(draft.text.value);
    draft.set("");
    field.current?.focus();
  };
  const complete = (event: KeyboardEvent, matches: number): boolean => {
    switch (event.key) {
      case "ArrowDown":
        chosen.value = (chosen.value + 1) % matches;
        return true;
      case "ArrowUp":
        chosen.value = (chosen.value + matches - 1) % matches;
        return true;
      case "Tab":
      case "Enter":
        accept(chosen.value);
        return true;
      case "Escape":
        dismissed.value = true;
        return true;
      default:
        return false;
    }
  };
  const press = (event: KeyboardEvent): void => {
    if (isComposing(event) || event.shiftKey) return;
    if (shortcode.value !== null && complete(event, shortcode.value.matches.length)) {
      event.preventDefault();
    } else if (event.key === "Enter") {
      event.preventDefault();
      send();
    }
  };
  const offered = shortcode.value !== null;

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {picking.value && (
        <EmojiPicker
          onPick={(emoji) => {
            picking.value = false;
            const area = field.current;
            if (area !== null) put(emoji.char, area.selectionStart, area.selectionEnd);
          }}
          onClose={(back) => {
            picking.value = false;
            if (back) field.current?.focus();
          }}
        />
      )}
      {shortcode.value !== null && <Completion shortcode={shortcode.value} chosen={chosen.value} onPick={accept} />}
      <div class={`field ${(draft.left.value ?? 0) < 0 ? "over" : ""}`}>
        <textarea
          ref={field}
          rows={1}
          value={draft.text.value}
          placeholder={`Message #${room.name}`}
          aria-label={`Message #${room.name}`}
          aria-describedby="counter"
          aria-invalid={(draft.left.value ?? 0) < 0}
          aria-autocomplete="list"
          aria-controls={offered ? COMPLETION_ID : undefined}
          aria-activedescendant={offered ? offerId(chosen.value) : undefined}
          enterkeyhint="send"
          dir="auto"
          onInput={change}
          onKeyDown={press}
          onKeyUp={look}
          onClick={look}
        />
        <button
          type="button"
          class="field-button"
          aria-label="Emoji"
          aria-haspopup="dialog"
          aria-expanded={picking.value}
          // Without this the palette would close by the press and open again by the click.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => {
            picking.value = !picking.value;
            if (!picking.value) field.current?.focus();
          }}
        >
          <Icon name="smile" />
        </button>
        <button type="submit" class="field-button send" aria-label="Send" disabled={!draft.sendable.value}>
          <Icon name="send" />
        </button>
      </div>
      <Counter left={draft.left} />
    </form>
  );
}
