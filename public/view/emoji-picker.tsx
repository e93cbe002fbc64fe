import { useLayoutEffect, useRef } from "preact/hooks";
import { type Emoji, PALETTE, spoken } from "../model/emoji.ts";

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

interface Props {
  readonly onPick: (emoji: Emoji) => void;
  /** Closed without a choice; `back`: by the keyboard, so that the focus wants to go where it came from. */
  readonly onClose: (back: boolean) => void;
}

/** The palette: arrow keys move in it, Escape closes it, and so does going elsewhere. */
export function EmojiPicker({ onPick, onClose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  // Before the next paint: a key pressed right after opening is meant for the palette.
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
