import { useLayoutEffect, useRef } from "preact/hooks";
import { type Emoji, PALETTE, spoken } from "../model/emoji.ts";

interface Props {
  readonly onPick: (emoji: Emoji) => void;
  /** Closed without a choice. `byKeyboard`: the focus should go back to where it came from. */
  readonly onClose: (byKeyboard: boolean) => void;
}

/** The emoji palette. Arrow keys move in it; Escape closes it, and so does moving the focus elsewhere. */
export function EmojiPicker({ onPick, onClose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  // Before the next paint: a key pressed right after opening is for the palette.
  useLayoutEffect(() => {
    box.current?.querySelector("button")?.focus();
  }, []);

  const move = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      event.preventDefault();
      onClose(true);
      return;
    }
    const step = stepOf(event.key);
    if (step === 0) return;
    event.preventDefault();
    const buttons = [...(box.current?.querySelectorAll("button") ?? [])];
    const at = event.target instanceof HTMLButtonElement ? buttons.indexOf(event.target) : 0;
    buttons[at + step]?.focus();
  };

  return (
    <div
      class="emoji"
      role="dialog"
      aria-label="Emoji"
      ref={box}
      onKeyDown={move}
      onFocusOut={(event) => {
        const to = event.relatedTarget;
        if (!(to instanceof Node) || !event.currentTarget.contains(to)) onClose(false);
      }}
    >
      {PALETTE.map((emoji, index) => (
        <button
          key={emoji.name}
          type="button"
          tabIndex={index === 0 ? 0 : -1}
          aria-label={spoken(emoji)}
          title={`:${emoji.name}:`}
          onClick={() => onPick(emoji)}
        >
          {emoji.char}
        </button>
      ))}
    </div>
  );
}

const COLUMNS = 8;

function stepOf(key: string): number {
  switch (key) {
    case "ArrowRight":
      return 1;
    case "ArrowLeft":
      return -1;
    case "ArrowDown":
      return COLUMNS;
    case "ArrowUp":
      return -COLUMNS;
    default:
      return 0;
  }
}
