import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { type Shortcode, shortcodeAt, spoken } from "../model/emoji.ts";
import { count } from "../model/format.ts";
import { createDraft } from "../model/outbox.ts";
import { takesFocus } from "./components.ts";
import { useRoom } from "./context.ts";
import { EmojiPicker } from "./emoji-picker.tsx";
import { Icon } from "./icons.tsx";

/** The field for a message. Enter sends and Shift+Enter adds a line, except while an input method is composing. */
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
    void draft.text.value;
    const area = field.current;
    if (area === null) return;
    // Without this reset the field would never shrink. The stylesheet limits its height.
    area.style.height = "";
    area.style.height = `${area.scrollHeight}px`;
  });

  const readCaret = (): void => {
    caret.value = field.current?.selectionStart ?? 0;
  };
  const change = (): void => {
    draft.set(field.current?.value ?? "");
    dismissed.value = false;
    chosen.value = 0;
    readCaret();
    if (draft.sendable.value) room.typing();
  };
  const insert = (text: string, from: number, to: number): void => {
    field.current?.focus();
    field.current?.setRangeText(text, from, to, "end");
    change();
  };
  const accept = (index: number): void => {
    const offer = shortcode.value;
    const emoji = offer?.matches[index];
    if (offer !== null && emoji !== undefined) insert(`${emoji.char} `, offer.from, caret.value);
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
            if (area !== null) insert(emoji.char, area.selectionStart, area.selectionEnd);
          }}
          onClose={(byKeyboard) => {
            picking.value = false;
            if (byKeyboard) field.current?.focus();
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
          aria-activedescendant={offered ? optionId(chosen.value) : undefined}
          enterkeyhint="send"
          dir="auto"
          onInput={change}
          onKeyDown={press}
          onKeyUp={readCaret}
          onClick={readCaret}
        />
        <button
          type="button"
          class="field-button"
          aria-label="Emoji"
          aria-haspopup="dialog"
          aria-expanded={picking.value}
          // Without this the press would close the picker and the click open it again.
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

/** The `keyCode` of every key that an input method takes. */
const TAKEN_BY_INPUT_METHOD = 229;

/** Whether an input method takes the key. In Safari `isComposing` is false already at the Enter that ends a composition. */
function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === TAKEN_BY_INPUT_METHOD;
}

const COMPLETION_ID = "completion";

/** Returns an option's element id, for `aria-activedescendant`. */
function optionId(index: number): string {
  return `${COMPLETION_ID}-${index}`;
}

interface CompletionProps {
  readonly shortcode: Shortcode;
  readonly chosen: number;
  readonly onPick: (index: number) => void;
}

/** Lists the emoji that match the `:shortcode` being typed. The focus stays in the text. */
function Completion({ shortcode, chosen, onPick }: CompletionProps) {
  return (
    <div class="completion" id={COMPLETION_ID} role="listbox" aria-label="Emoji that match">
      {shortcode.matches.map((emoji, index) => (
        <div
          key={emoji.name}
          id={optionId(index)}
          role="option"
          tabIndex={-1}
          aria-selected={index === chosen}
          onMouseDown={(event) => {
            // Keeps the focus in the text.
            event.preventDefault();
            onPick(index);
          }}
        >
          <span aria-hidden="true">{emoji.char}</span> {spoken(emoji)}
        </div>
      ))}
    </div>
  );
}

/** Near the limit, shows how many characters are left or too many. */
function Counter({ left }: { readonly left: ReadonlySignal<number | null> }) {
  const rest = left.value;
  const words =
    rest === null ? "" : rest < 0 ? `${count(-rest, "character")} too many` : `${count(rest, "character")} left`;
  return (
    <p class={`counter ${rest !== null && rest < 0 ? "over" : ""}`} id="counter">
      {words}
    </p>
  );
}
