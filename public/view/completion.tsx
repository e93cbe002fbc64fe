import { type Shortcode, spoken } from "../model/emoji.ts";

export const COMPLETION_ID = "completion";

/** The element of one offer, for `aria-activedescendant`. */
export function offerId(index: number): string {
  return `${COMPLETION_ID}-${index}`;
}

interface Props {
  readonly shortcode: Shortcode;
  readonly chosen: number;
  readonly onPick: (index: number) => void;
}

/** What a `:shortcode` being written may become. The focus stays in the text. */
export function Completion({ shortcode, chosen, onPick }: Props) {
  return (
    <div class="completion" id={COMPLETION_ID} role="listbox" aria-label="Emoji that match">
      {shortcode.matches.map((emoji, index) => (
        <div
          key={emoji.name}
          id={offerId(index)}
          role="option"
          tabIndex={-1}
          aria-selected={index === chosen}
          onMouseDown={(event) => {
            // The text keeps the focus.
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
